"""What a scripted phone can fail with; no message ever holds a phone number."""


class PhoneError(Exception):
    """A phone could not do what the script asked."""


class PhoneTimeout(PhoneError, TimeoutError):
    """What the script waited for did not happen in time."""


class CallFailed(PhoneError):
    """The far end refused the call, or it ended before it was answered."""

    def __init__(self, name: str, status: int, reason: str) -> None:
        super().__init__(f"{name}: the call failed with {status} {reason}")
        self.status = status
