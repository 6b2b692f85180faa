"""Notices by telephone: whom to ring next, how often and how fast, and what became of each call.

A call is a row before it is an order, and its id is the call's name, which the line takes only once. Whatever dies in
between, nobody is rung twice for one row; what nothing is heard of ends as unknown, and the next try is a new row.
"""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.calls.telephony import NoticeReason
from callcenter.core.clock import now
from callcenter.core.files import Followed, Row, read_rows
from callcenter.directory import rota
from callcenter.directory import service as directory
from callcenter.directory.rota import Contact
from callcenter.messages import service as messages
from callcenter.messages.models import Channel, Message
from callcenter.settings import get_settings
from callcenter.supervision.ladder import PRESSING, SUPERVISOR
from callcenter.supervision.models import CALL_OUTCOME_NAMES, CallOutcome, NoticeCall, SupervisionStep
from callcenter.tickets.clocks import calendar_for
from callcenter.tickets.lifecycle import FINAL
from callcenter.tickets.models import Ticket
from callcenter.workdays.arithmetic import add_office_time
from callcenter.workdays.files import hours_of, load_office_hours
from callcenter.workdays.service import rest_days

PACE_FILE = "notice_calls.tsv"
LEASE = timedelta(minutes=6)
"""A call nothing was heard of for so long has ended, and nobody knows how; the dialplan ends one within four."""


@dataclass(frozen=True)
class Pace:
    """How often each contact is rung, after what pause, and how many lines that may take."""

    tries_per_contact: int = 2
    spacing_minutes: int = 5
    busy_minutes: int = 2
    lines: int = 3
    per_minute: int = 6

    def pause_after(self, outcome: CallOutcome) -> timedelta:
        return timedelta(minutes=self.busy_minutes if outcome is CallOutcome.BUSY else self.spacing_minutes)


@dataclass(frozen=True)
class CallOrder:
    """What the telephone system is to be asked for."""

    call_id: str
    number: str
    reason: NoticeReason
    ticket_number: str


def load_pace(path: Path) -> list[tuple[str, int]]:
    """The city's own numbers; Invalid names the row that is wrong."""
    return read_rows(path, _pace_row, key=lambda row: row[0], code="notice_calls_invalid")


def pace() -> Pace:
    """As the city's table stands now; what it leaves out is as it comes."""
    return Pace(**dict(_pace(get_settings().rules_dir / PACE_FILE).get()))


def due_calls(session: Session, *, at: datetime) -> list[int]:
    """Messages for which somebody may be rung now: no more at once and no faster than the city wants."""
    wanted = pace()
    calls = select(func.count()).select_from(NoticeCall)
    busy = session.scalar(calls.where(NoticeCall.outcome.is_(None))) or 0
    lately = session.scalar(calls.where(NoticeCall.ordered_at > at - timedelta(minutes=1))) or 0
    free = min(wanted.lines - busy, wanted.per_minute - lately)
    return messages.due(session, channels=(Channel.PHONE,), limit=free) if free > 0 else []


def begin(session: Session, *, message_id: int) -> CallOrder | None:
    """The next call for this message as a row; None when there is none to place now, and the message says why."""
    message, at = messages.take(session, message_id=message_id, lease=LEASE), now()
    if message is None:
        return None
    step = _step(session, message)
    if _is_held_back(session, message, step, at):
        return None
    earlier = _calls(session, message_id)
    contact = _next_contact(_contacts(session, message, at), earlier)
    if contact is None:
        _give_up(session, message, step, earlier)
        return None
    call = NoticeCall(
        id=str(uuid.uuid4()),
        message_id=message_id,
        step_id=step.id,
        number=len(earlier) + 1,
        contact_name=contact.name,
        contact_number=contact.number,
        ordered_at=at,
    )
    session.add(call)
    session.flush()
    return CallOrder(call.id, contact.number, _reason(step), step.ticket.number)


def settle(
    session: Session, *, call_id: str, outcome: CallOutcome, at: datetime, key: str = "", note: str = ""
) -> None:
    """How the call ended; the first word counts, but for a call given up for lost and a key that confirms."""
    call = session.get(NoticeCall, call_id, with_for_update=True)
    if call is None or call.outcome is CallOutcome.CONFIRMED:
        return
    was_lost = call.outcome is CallOutcome.UNKNOWN
    if call.outcome is not None and not was_lost:
        return
    call.outcome, call.ended_at, call.key, call.note = outcome, at, key, note
    session.flush()
    message = session.get_one(Message, call.message_id)
    if outcome is CallOutcome.CONFIRMED:
        messages.confirmed(session, message_id=message.id, at=at)
    elif not was_lost and message.next_try_at is not None:
        _try_again(session, message, call, outcome, at)


def lapse(session: Session, *, at: datetime) -> int:
    """Calls nothing was heard of any more; returns how many."""
    lost = select(NoticeCall.id).where(NoticeCall.outcome.is_(None), NoticeCall.ordered_at < at - LEASE)
    found = session.scalars(lost).all()
    for call_id in found:
        settle(session, call_id=call_id, outcome=CallOutcome.UNKNOWN, at=at, note="已下指令，没有收到结果。")
    return len(found)


def of_steps(session: Session, step_ids: Sequence[int]) -> dict[int, list[NoticeCall]]:
    """The calls of each step, in order."""
    found: dict[int, list[NoticeCall]] = {}
    chosen = select(NoticeCall).where(NoticeCall.step_id.in_(step_ids))
    for call in session.scalars(chosen.order_by(NoticeCall.ordered_at, NoticeCall.number)):
        found.setdefault(call.step_id, []).append(call)
    return found


def step_of(message: Message) -> int | None:
    """The step that the message was said for; its key names it."""
    kind, _, rest = message.key.partition(":")
    return int(rest.partition(":")[0]) if kind == "supervision" else None


def _try_again(session: Session, message: Message, call: NoticeCall, outcome: CallOutcome, at: datetime) -> None:
    """The same contact after a pause; the next one at once, since the pause is to let the first one come back."""
    following = _next_contact(_contacts(session, message, at), _calls(session, message.id))
    is_same = following is not None and following.number == call.contact_number
    until = at + pace().pause_after(outcome) if is_same else at
    said = f"{call.contact_name}：{CALL_OUTCOME_NAMES[outcome]}。{call.note}"
    messages.postponed(session, message_id=message.id, until=until, error=said)


def _next_contact(contacts: list[Contact], earlier: list[NoticeCall]) -> Contact | None:
    """The first one who has not been rung often enough; a number that does not exist is not rung again."""
    rung = Counter(call.contact_number for call in earlier if call.outcome is not CallOutcome.NOT_PLACED)
    wrong = {call.contact_number for call in earlier if call.outcome is CallOutcome.WRONG_NUMBER}
    most = pace().tries_per_contact
    return next((one for one in contacts if one.number not in wrong and rung[one.number] < most), None)


def _give_up(session: Session, message: Message, step: SupervisionStep, earlier: list[NoticeCall]) -> None:
    """Nobody confirmed: the message says so, and those who supervise are told on their pages."""
    counted = Counter(CALL_OUTCOME_NAMES[call.outcome] for call in earlier if call.outcome)
    tried = "、".join(f"{name}{times}次" for name, times in counted.items())
    why = f"共拨打{len(earlier)}次（{tried}），没有人确认收到。" if earlier else "承办单位没有登记值班电话。"
    messages.failed(session, message_id=message.id, error=why, final=True)
    messages.say(
        session,
        key=f"supervision:{step.id}:{SUPERVISOR}:unconfirmed:{message.id}",
        channel=Channel.IN_APP,
        subject=message.subject,
        title=f"电话通知无人确认：工单 {step.ticket.number}",
        text=f"{step.name}：{why}请用其他方式联系承办单位。",
        role=SUPERVISOR,
    )


def _step(session: Session, message: Message) -> SupervisionStep:
    step_id = step_of(message)
    assert step_id is not None  # nobody else says anything by telephone
    return session.get_one(SupervisionStep, step_id)


def _is_held_back(session: Session, message: Message, step: SupervisionStep, at: datetime) -> bool:
    """Whether nobody is to be rung now; the message says why."""
    if not get_settings().phone_notices:
        messages.not_configured(session, message_id=message.id)
    elif _is_settled(step):
        messages.cancelled(session, message_id=message.id, why="所催事项已经办理，不再拨打。")
    elif (opens := _opens_at(session, step.ticket, at)) > at:
        messages.postponed(session, message_id=message.id, until=opens, error="不在办公时间，到上班时间再拨。")
    else:
        # While a call is open its own end says when to go on.
        return any(call.outcome is None for call in _calls(session, message.id))
    return True


def _is_settled(step: SupervisionStep) -> bool:
    """The ticket is over or no longer the unit's, or the clock that the step was about has been met."""
    ticket = step.ticket
    if ticket.status in FINAL or ticket.lead_unit_id != step.unit_id:
        return True
    clock = ticket.clock(step.clock) if step.clock else None
    return clock is not None and clock.met_at is not None


def _opens_at(session: Session, ticket: Ticket, at: datetime) -> datetime:
    """From when the unit may be rung: of pressing tickets at any hour, of the rest while its offices are open."""
    if ticket.urgency in PRESSING:
        return at
    hours = hours_of(load_office_hours(get_settings().city_dir / "office_hours.yaml"), ticket.lead_unit_id)
    return add_office_time(at, timedelta(), calendar_for(session, ticket), hours)


def _contacts(session: Session, message: Message, at: datetime) -> list[Contact]:
    if not message.unit_id:
        return []
    unit = directory.unit(session, unit_id=message.unit_id)
    return rota.contacts(unit, at=at, is_restday=rest_days(session))


def _calls(session: Session, message_id: int) -> list[NoticeCall]:
    chosen = select(NoticeCall).where(NoticeCall.message_id == message_id)
    return list(session.scalars(chosen.order_by(NoticeCall.number)))


def _reason(step: SupervisionStep) -> NoticeReason:
    if step.clock is None:
        return NoticeReason.URGED
    return NoticeReason.DUE if step.due_at > now() else NoticeReason.OVERDUE


def _pace_row(row: Row) -> tuple[str, int]:
    name, value = row["name"], row["value"]
    if name not in Pace.__dataclass_fields__:
        raise ValueError(f"name 应是 {'、'.join(Pace.__dataclass_fields__)} 之一")
    if not value.isdecimal() or not int(value):
        raise ValueError(f"value 应是正整数，不是“{value}”")
    return name, int(value)


@lru_cache
def _pace(path: Path) -> Followed[list[tuple[str, int]]]:
    return Followed(path, load_pace, [])
