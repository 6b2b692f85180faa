"""Why a leg ended, from the Q.850 cause and the dial status that Asterisk gives."""

from callcenter.calls.telephony import Cause

# ITU-T Q.850; 44 is what Asterisk gives a leg whose sound stopped (rtp_timeout).
_BY_NUMBER = {
    1: Cause.UNKNOWN_NUMBER,
    3: Cause.UNREACHABLE,
    16: Cause.HUNG_UP,
    17: Cause.BUSY,
    18: Cause.NO_ANSWER,
    19: Cause.NO_ANSWER,
    20: Cause.UNREACHABLE,
    21: Cause.REJECTED,
    22: Cause.UNKNOWN_NUMBER,
    26: Cause.CANCELLED,
    27: Cause.LOST,
    28: Cause.UNKNOWN_NUMBER,
    34: Cause.CONGESTED,
    38: Cause.LOST,
    41: Cause.LOST,
    42: Cause.CONGESTED,
    44: Cause.LOST,
    102: Cause.LOST,
    127: Cause.HUNG_UP,
}
_BY_STATUS = {
    "BUSY": Cause.BUSY,
    "NOANSWER": Cause.NO_ANSWER,
    "CONGESTION": Cause.CONGESTED,
    "CHANUNAVAIL": Cause.UNREACHABLE,
    "CANCEL": Cause.CANCELLED,
}
_SAYS_LITTLE = {Cause.HUNG_UP, Cause.LOST, Cause.FAILED}
"""Of a leg that was never answered the dial status knows more."""


def of_leg(number: str) -> Cause:
    """Why a leg ended."""
    return _BY_NUMBER.get(int(number), Cause.FAILED) if number.isdecimal() and number != "0" else Cause.HUNG_UP


def of_invitation(number: str, status: str) -> Cause:
    """Why somebody could not be reached."""
    cause = of_leg(number)
    return _BY_STATUS.get(status, Cause.FAILED) if cause in _SAYS_LITTLE else cause
