"""Who is on the call, and how, derived from its legs: the map to the recording."""

from datetime import datetime

from sqlalchemy.orm import Session

from callcenter.calls.lifecycle import CallFact, CallState
from callcenter.calls.models import Call, How, Leg, Party, Presence

_WITH_PEOPLE = (CallState.TALKING, CallState.HELD, CallState.CONFERENCE)


def others_on(call: Call) -> list[Leg]:
    """Legs that are answered and still there, without the caller's."""
    return [leg for leg in call.legs if leg.is_on and leg.party is not Party.CALLER]


def settle(session: Session, call: Call, at: datetime) -> None:
    """Bring state and presence in line with the legs, as of `at`."""
    others = others_on(call)
    if others and call.state in _WITH_PEOPLE and call.state is not CallState.HELD:
        # An operator whose page was loaded again has two legs for a moment.
        people = {(leg.party, leg.user_id or leg.id) for leg in others}
        call.follow(CallFact.JOINED if len(people) > 1 else CallFact.RESUMED, at)
    present: dict[int, How] = {}
    if call.state in _WITH_PEOPLE:
        held = call.state is CallState.HELD
        present = {leg.id: How.CONSULT if held else How.TALK for leg in others}
        if held or others:
            present |= {leg.id: How.HOLD if held else How.TALK for leg in call.legs if _is_callers(leg)}
    for presence in call.presences:
        if presence.to_at is None and present.get(presence.leg_id) is not presence.how:
            presence.to_at = max(at, presence.from_at)
    still_open = {presence.leg_id for presence in call.presences if presence.to_at is None}
    for leg_id, how in present.items():
        if leg_id not in still_open:
            call.presences.append(Presence(leg_id=leg_id, how=how, from_at=at))
    for tap in call.taps:
        if tap.closed_at is None and any(leg.id == tap.leg_id and leg.left_at for leg in call.legs):
            tap.closed_at = at
    session.flush()


def _is_callers(leg: Leg) -> bool:
    return leg.party is Party.CALLER and leg.left_at is None
