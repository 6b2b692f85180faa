"""What a unit does with a ticket it was sent: in time or late, sometimes returned, extended or done over."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy.orm import Session

from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.simulation.mix import Draws
from callcenter.tickets.deadlines import ClockName
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.limits import LimitUnit, Term
from callcenter.tickets.models import Ticket, TicketClock

Step = Callable[[Session, datetime], None]


class Stage(Protocol):
    """Where the story is played: things are put off to their time, and done to tickets."""

    def after(self, at: datetime, do: Step) -> None: ...

    def act(
        self, session: Session, ticket_id: int, action: TicketAction, by: Actor, at: datetime, **said: Any
    ) -> None: ...


class Handling:
    """Plays one ticket after the other from its dispatch to its end."""

    def __init__(self, stage: Stage, draws: Draws, units: Sequence[str]) -> None:
        self._stage, self._draws, self._units = stage, draws, units

    def sent(self, ticket: Ticket) -> None:
        """The unit signs; then it handles the ticket, or finds that it is not its own."""
        unit, ticket_id = officer(ticket), ticket.id
        signs = self._within(_clock(ticket, ClockName.SIGN), late=self._draws.happens("signed_late"))
        returns = ticket.return_count == 0 and self._draws.happens("returned")

        def sign(session: Session, at: datetime) -> None:
            self._stage.act(session, ticket_id, TicketAction.SIGN, unit, at)
            signed = session.get_one(Ticket, ticket_id)
            if returns:
                self._return(signed, unit, at)
            else:
                self._handle(signed, unit, at)

        self._stage.after(signs, sign)

    def _return(self, ticket: Ticket, unit: Actor, at: datetime) -> None:
        ticket_id, returns = ticket.id, at + self._draws.minutes(20, 120)
        wrongly = self._draws.happens("returned_wrongly")
        other = unit.unit_id if wrongly else self._draws.random.choice([u for u in self._units if u != unit.unit_id])

        def give_back(session: Session, at: datetime) -> None:
            self._stage.act(session, ticket_id, TicketAction.RETURN, unit, at, reason="不属于本单位职责")

        def send_on(session: Session, at: datetime) -> None:
            said = {"reason": "按职责重新派单", "lead_unit_id": other, "co_unit_ids": ()}
            self._stage.act(session, ticket_id, TicketAction.REDISPATCH, SYSTEM, at, **said)
            self.sent(session.get_one(Ticket, ticket_id))

        self._stage.after(returns, give_back)
        self._stage.after(returns + self._draws.minutes(10, 90), send_on)

    def _handle(self, ticket: Ticket, unit: Actor, signed_at: datetime) -> None:
        ticket_id, close = ticket.id, _clock(ticket, ClockName.CLOSE)
        extends = self._draws.happens("extended") and _may_extend(close) and signed_at < close.due_at
        replies = self._within(close, late=self._draws.happens("replied_late"))
        if extends:
            self._extend(ticket_id, signed_at + (close.due_at - signed_at) * 0.8)
            replies = close.due_at + timedelta(hours=self._draws.random.uniform(1, 20))

        def contact(session: Session, at: datetime) -> None:
            said = {"number": "13800000000", "contacted_at": at, "text": "已电话联系来电人。"}
            self._stage.act(session, ticket_id, TicketAction.CONTACT, unit, at, **said)

        self._stage.after(signed_at + self._draws.minutes(2, 20), contact)
        self._reply(ticket_id, unit, max(replies, signed_at + timedelta(minutes=30)))

    def _extend(self, ticket_id: int, at: datetime) -> None:
        def extend(session: Session, at: datetime) -> None:
            said = {"days": 2, "reason": "需要现场检测"}
            self._stage.act(session, ticket_id, TicketAction.EXTEND, SYSTEM, at, **said)

        self._stage.after(at, extend)

    def do_again(self, ticket: Ticket, at: datetime) -> None:
        """The citizen was not satisfied."""
        self._reply(ticket.id, officer(ticket), at + self._draws.minutes(60, 1200), again=True)

    def _reply(self, ticket_id: int, unit: Actor, at: datetime, *, again: bool = False) -> None:
        """The hotline reviews the reply; some are sent back once, then the ticket waits for its callback."""
        over = not again and self._draws.happens("redone")

        def reply(session: Session, at: datetime) -> None:
            self._stage.act(session, ticket_id, TicketAction.REPLY, unit, at, text="已核实处理。")

        def review(session: Session, at: datetime) -> None:
            if over:
                self._stage.act(session, ticket_id, TicketAction.SEND_BACK, SYSTEM, at, reason="答复未回应诉求")
                self._reply(ticket_id, unit, at + self._draws.minutes(60, 600), again=True)
                return
            self._stage.act(session, ticket_id, TicketAction.APPROVE, SYSTEM, at)

        self._stage.after(at, reply)
        self._stage.after(at + timedelta(hours=self._draws.random.uniform(1, 30)), review)

    def _within(self, clock: TicketClock, *, late: bool) -> datetime:
        """A moment at which the clock is met, or missed by up to a third of it."""
        started = datetime.fromisoformat(clock.inputs["started_at"])
        share = (
            self._draws.random.uniform(1.02, 1.35)
            if late
            else self._draws.random.uniform(0.05, self._draws.mix.slowest)
        )
        return started + (clock.due_at - started) * share


def officer(ticket: Ticket) -> Actor:
    """Who handles it in its unit."""
    return Actor(None, "承办人员", frozenset({Role.DEPARTMENT}), ticket.lead_unit_id)


def _clock(ticket: Ticket, name: ClockName) -> TicketClock:
    return next(clock for clock in ticket.clocks if clock.name is name)


def _may_extend(clock: TicketClock) -> bool:
    limit = Term.read(clock.inputs).limit
    return limit.unit is LimitUnit.WORKING_DAY and limit.amount >= 2
