"""Placing calls: the attempt is committed first, then the telephone system is asked once, with no transaction open.

Whatever dies in between, the order is not given again: an attempt that is known already is only shown, and one that
nothing is heard of ends as unknown (`attempts.lapse`).
"""

from callcenter.calls.telephony import Telephony
from callcenter.core import db
from callcenter.core.errors import Conflict
from callcenter.core.security import SYSTEM, Actor
from callcenter.followups import attempts
from callcenter.followups.lifecycle import How
from callcenter.followups.models import Attempt
from callcenter.operators import service as operators
from callcenter.operators.telephony import TelephonyNotAsked, TelephonyRefused


def dial(telephony: Telephony, *, followup_id: int, by: Actor, key: str = "") -> Attempt:
    """One key: the surveyor's phone rings, then the citizen's. The same key again dials nothing."""
    with db.unit_of_work() as session:
        extension = operators.seat(session, user_id=by.user_id).extension
        attempt, number = attempts.begin(session, followup_id=followup_id, how=How.PERSON, by=by, key=key)
    if number is not None:
        try:
            telephony.call_back(attempt.id, extension=extension, number=number)
        except (TelephonyNotAsked, TelephonyRefused) as error:
            _not_placed(attempt.id, error.message)
            raise
    return attempt


def dial_by_robot(telephony: Telephony, *, followup_id: int) -> bool:
    """The line calls and asks; False when somebody else was faster or it may not be called now."""
    try:
        with db.unit_of_work() as session:
            attempt, number = attempts.begin(session, followup_id=followup_id, how=How.ROBOT, by=SYSTEM)
    except Conflict:
        return False
    assert number is not None  # a new attempt
    try:
        telephony.put_questions(attempt.id, number=number)
    except (TelephonyNotAsked, TelephonyRefused) as error:
        _not_placed(attempt.id, error.message)
        raise
    return True


def _not_placed(attempt_id: str, note: str) -> None:
    with db.unit_of_work() as session:
        attempts.not_placed(session, attempt_id=attempt_id, note=note)
