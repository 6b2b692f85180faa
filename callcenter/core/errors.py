"""Errors people may see: a Chinese sentence (what happened, what to do), a machine code and an HTTP status."""


class HotlineError(Exception):
    """Base of all expected errors. `code` is stable for programs, `message` is for people."""

    status = 400
    code = "error"

    def __init__(self, message: str, *, code: str | None = None, details: dict[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.details = details or {}


class Unauthenticated(HotlineError):
    """Nobody is logged in, or the session has ended."""

    status, code = 401, "unauthenticated"


class Forbidden(HotlineError):
    """The user's roles do not allow this."""

    status, code = 403, "forbidden"


class NotFound(HotlineError):
    """The thing asked for does not exist or is not visible to the user."""

    status, code = 404, "not_found"


class Conflict(HotlineError):
    """The request is well formed but does not fit the present state."""

    status, code = 409, "conflict"


class Invalid(HotlineError):
    """The input breaks a business rule (field syntax is checked by pydantic)."""

    status, code = 422, "invalid"


class TooLarge(HotlineError):
    """More was sent than one request may carry."""

    status, code = 413, "too_large"


class Unavailable(HotlineError):
    """A part the request needs (PBX, recogniser, Redis) does not answer; trying again may help."""

    status, code = 503, "unavailable"
