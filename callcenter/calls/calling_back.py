"""A colleague calls back whom they took from the ledger: one key, their own phone rings, then the citizen's.

The rows are committed first, then the telephone system is asked once, with no transaction open. Whatever dies in
between, the order is not given again: nothing heard of it means that the citizen may have been called.
"""

from callcenter.calls.service import outgoing
from callcenter.calls.telephony import Telephony
from callcenter.core import db
from callcenter.core.security import Actor
from callcenter.operators.telephony import TelephonyNotAsked, TelephonyRefused


def dial(telephony: Telephony, *, callback_id: int, by: Actor, key: str = "") -> None:
    """The same key again dials nothing."""
    with db.unit_of_work() as session:
        begun = outgoing.begin(session, callback_id=callback_id, by=by, key=key)
        if begun is None:
            return
        call, leg = begun
        call_id, number = call.id, call.caller_number or ""
        key_of_leg, extension = leg.pbx_key, leg.number or ""
    try:
        telephony.call_missed(call_id, leg=key_of_leg, extension=extension, number=number)
    except (TelephonyNotAsked, TelephonyRefused):
        with db.unit_of_work() as session:
            outgoing.not_placed(session, call_id=call_id)
        raise
