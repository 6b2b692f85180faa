"""Facts the dialplan reports, live or from the journal: a table from each to one service function."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from callcenter.calls.models import CallbackKind, Party
from callcenter.calls.service import ending, line, outgoing, people
from callcenter.calls.service.people import PartyState
from callcenter.core.log import get_logger
from callcenter.duty.service import media
from callcenter.followups import line as followups
from callcenter.followups.lifecycle import Source, Subject
from callcenter.followups.line import LineState
from callcenter.operators import service as operators
from callcenter.operators.lifecycle import SeatAction
from callcenter.pbx import causes, journal
from callcenter.pbx.names import UserEvent
from callcenter.supervision import line as notices
from callcenter.supervision.line import NoticeState
from callcenter.surveys import service as surveys
from callcenter.surveys.lifecycle import AnswerResult
from callcenter.surveys.questions import Question

log = get_logger(__name__)


class FactNotUnderstood(ValueError):
    """A field is missing or says something unknown: the dialplan of another release wrote it."""


@dataclass(frozen=True)
class Fact:
    """One report, its key, and the fields of its kind."""

    name: UserEvent
    call_id: str
    leg_key: str
    at: datetime
    fields: dict[str, str]

    @property
    def key(self) -> tuple[str, datetime, str, str]:
        return self.call_id, self.at, self.name.value, self.leg_key

    @property
    def freed_extension(self) -> str:
        """Extension of the operator whose talk this fact ended; a leader called in leaves as a department does."""
        ended = self.name is UserEvent.PARTY_STATE and self.fields.get("State") == PartyState.LEFT
        seated = self.fields.get("Party") in (Party.OPERATOR, Party.DEPARTMENT)
        return self.fields.get("Number", "") if ended and seated else ""


def read(fields: dict[str, str]) -> Fact | None:
    """The fact in an event or a line of the journal; None for events that are not ours."""
    # An event has fields of its leg as well, some with our names (Priority); ours come last.
    own = {key: value.rpartition("\n")[2] for key, value in fields.items()}
    try:
        name = UserEvent(own.get("UserEvent", ""))
        return Fact(name, own["CallUUID"], own["Leg"], journal.at(own), own)
    except (KeyError, ValueError):
        return None


def record(session: Session, fact: Fact) -> bool:
    """Write what the fact says; False when it was known already. Raises FactNotUnderstood."""
    try:
        return _record(session, fact)
    except (KeyError, ValueError) as error:
        raise FactNotUnderstood(fact.name) from error


def _record(session: Session, fact: Fact) -> bool:
    if fact.name in _OF_CALLS_OUT:
        # No call of a citizen: an attempt knows by itself what it has been told.
        _OF_CALLS_OUT[fact.name](session, fact)
        return True
    if not line.is_news(session, call_id=fact.call_id, at=fact.at, fact=fact.name, leg_key=fact.leg_key):
        return False
    _HANDLERS[fact.name](session, fact)
    return True


def _call_start(session: Session, fact: Fact) -> None:
    caller = fact.fields.get("Caller") or None
    line.started(
        session,
        call_id=fact.call_id,
        leg_key=fact.leg_key,
        did=fact.fields.get("DID", ""),
        caller_number=caller,
        at=fact.at,
    )


def _route_failed(session: Session, fact: Fact) -> None:
    line.route_failed(session, call_id=fact.call_id, at=fact.at)


def _recording(session: Session, fact: Fact) -> None:
    party = Party(fact.fields.get("Party", Party.CALLER))
    line.recording_started(session, call_id=fact.call_id, file=fact.fields["File"], party=party, at=fact.at)


def _tap(session: Session, fact: Fact) -> None:
    party = Party(fact.fields["Party"])
    tap_id = fact.fields["TapID"]
    line.tap_opened(session, call_id=fact.call_id, tap_id=tap_id, party=party, leg_key=fact.leg_key, at=fact.at)


def _queue_joined(session: Session, fact: Fact) -> None:
    priority = int(fact.fields.get("Priority") or 0)
    line.queued(session, call_id=fact.call_id, queue=fact.fields["Queue"], priority=priority, at=fact.at)


def _operator_rung(session: Session, fact: Fact) -> None:
    extension = fact.fields["Number"]
    people.rang(session, call_id=fact.call_id, leg_key=fact.leg_key, extension=extension, at=fact.at)
    operators.report(session, extension=extension, action=SeatAction.RING, at=fact.at, call_id=fact.call_id)


def _queue_left(session: Session, fact: Fact) -> None:
    """The timeline has it; what follows is reported by itself."""


def _party_state(session: Session, fact: Fact) -> None:
    party, state = Party(fact.fields["Party"]), PartyState(fact.fields["State"])
    number, cause = fact.fields.get("Number"), fact.fields.get("Cause", "")
    status = fact.fields.get("Status", "")
    leg = people.party_state(
        session,
        call_id=fact.call_id,
        leg_key=fact.leg_key,
        party=party,
        state=state,
        at=fact.at,
        number=number,
        cause=causes.of_invitation(cause, status) if state in _UNREACHED else causes.of_leg(cause),
    )
    seated = leg.party is Party.OPERATOR or (leg.party is Party.LEADER and state is not PartyState.FAILED)
    if seated and number and not (state in _ENDS and people.has_leg_on(leg.call, number)):
        action = _ENDS.get(state, SeatAction.ANSWER)
        operators.report(session, extension=number, action=action, at=fact.at, call_id=fact.call_id)


_UNREACHED = (PartyState.NEXT, PartyState.FAILED)
_ENDS = {PartyState.LEFT: SeatAction.HANG_UP, PartyState.FAILED: SeatAction.RING_OUT}


def _callback_request(session: Session, fact: Fact) -> None:
    ending.callback_requested(
        session,
        call_id=fact.call_id,
        kind=CallbackKind(fact.fields["Kind"]),
        number=fact.fields.get("Number") or None,
        file=fact.fields.get("File", ""),
        at=fact.at,
    )


def _message_start(session: Session, fact: Fact) -> None:
    line.message_started(session, call_id=fact.call_id, at=fact.at)


def _survey_start(session: Session, fact: Fact) -> None:
    line.survey_started(session, call_id=fact.call_id, at=fact.at)
    surveys.start(session, call_id=fact.call_id, at=fact.at)


def _survey_answer(session: Session, fact: Fact) -> None:
    surveys.record_answer(
        session,
        call_id=fact.call_id,
        question=Question(fact.fields["Question"]),
        key=fact.fields.get("Key", ""),
        result=AnswerResult(fact.fields["Result"]),
        at=fact.at,
    )


def _media_consent(session: Session, fact: Fact) -> None:
    media.pressed(session, call_id=fact.call_id, key=fact.fields.get("Key", ""), at=fact.at)


def _callback(session: Session, fact: Fact) -> None:
    match fact.fields["State"]:
        case "dialling":
            outgoing.dialling(session, call_id=fact.call_id, at=fact.at)
        case "answered":
            outgoing.answered(session, call_id=fact.call_id, leg_key=fact.leg_key, at=fact.at)
        case "failed":
            cause = causes.of_invitation(fact.fields.get("Cause", ""), fact.fields.get("Status", ""))
            outgoing.failed(session, call_id=fact.call_id, cause=cause, at=fact.at)
        case "desk_failed":
            outgoing.desk_failed(session, call_id=fact.call_id, at=fact.at)
        case unknown:
            raise ValueError(unknown)


def _call_end(session: Session, fact: Fact) -> None:
    cause = fact.fields.get("Cause", "")
    number = int(cause) if cause.isdecimal() else None
    ending.ended(session, call_id=fact.call_id, stage=fact.fields.get("Stage", ""), cause=number, at=fact.at)
    surveys.close(session, call_id=fact.call_id, at=fact.at)


def _follow_up(session: Session, fact: Fact) -> None:
    cause, status = fact.fields.get("Cause", ""), fact.fields.get("Status", "")
    followups.report(
        session,
        attempt_id=fact.call_id,
        state=LineState(fact.fields["State"]),
        at=fact.at,
        cause=causes.of_invitation(cause, status),
        recording_file=fact.fields.get("File", ""),
    )


def _follow_up_answer(session: Session, fact: Fact) -> None:
    followups.report_answer(
        session,
        attempt_id=fact.call_id,
        subject=Subject(fact.fields["Question"]),
        key=fact.fields.get("Key", ""),
        result=fact.fields["Result"],
        source=Source(fact.fields.get("Source", Source.KEYS)),
        at=fact.at,
    )


def _notice(session: Session, fact: Fact) -> None:
    notices.report(
        session,
        call_id=fact.call_id,
        state=NoticeState(fact.fields["State"]),
        at=fact.at,
        cause=causes.of_invitation(fact.fields.get("Cause", ""), fact.fields.get("Status", "")),
        key=fact.fields.get("Key", ""),
    )


_OF_CALLS_OUT: dict[UserEvent, Callable[[Session, Fact], None]] = {
    UserEvent.FOLLOW_UP: _follow_up,
    UserEvent.FOLLOW_UP_ANSWER: _follow_up_answer,
    UserEvent.NOTICE: _notice,
}
_HANDLERS: dict[UserEvent, Callable[[Session, Fact], None]] = {
    UserEvent.CALL_START: _call_start,
    UserEvent.ROUTE_FAILED: _route_failed,
    UserEvent.RECORDING: _recording,
    UserEvent.TAP: _tap,
    UserEvent.QUEUE_JOINED: _queue_joined,
    UserEvent.OPERATOR_RUNG: _operator_rung,
    UserEvent.QUEUE_LEFT: _queue_left,
    UserEvent.PARTY_STATE: _party_state,
    UserEvent.CALLBACK_REQUEST: _callback_request,
    UserEvent.MESSAGE_START: _message_start,
    UserEvent.SURVEY_START: _survey_start,
    UserEvent.SURVEY_ANSWER: _survey_answer,
    UserEvent.MEDIA_CONSENT: _media_consent,
    UserEvent.CALLBACK: _callback,
    UserEvent.CALL_END: _call_end,
}
