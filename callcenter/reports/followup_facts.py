"""What the figures of the callback are made of: follow-ups that ended in a period, and tickets the lot passed over."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.followups.lifecycle import (
    EXCLUSION_NAMES,
    ExclusionState,
    FollowUpStatus,
    Satisfaction,
    Solved,
)
from callcenter.followups.models import Draw, DrawMember, FollowUp
from callcenter.reports.facts import Period
from callcenter.tickets.models import Ticket


@dataclass(frozen=True)
class FollowUpFact:
    """One callback as it stood at the end of the period."""

    ticket_id: int
    number: str
    unit: str
    town: str
    is_drawn: bool
    is_latest: bool
    """Of several callbacks of a ticket in the period the last one speaks for it."""
    status: FollowUpStatus | None
    """None: not drawn."""
    unit_satisfaction: Satisfaction
    hotline_satisfaction: Satisfaction
    solved: Solved
    contacted: bool | None
    excluded_for: str
    """Name of an exclusion that was approved within the period; empty: none."""


def followup_facts(session: Session, period: Period, *, only: Collection[int] | None = None) -> list[FollowUpFact]:
    """Callbacks that ended in the period, in the order of tickets and rounds, then the tickets not drawn in it; of some
    tickets only, when told so."""
    chosen = (
        select(FollowUp)
        .where(FollowUp.ended_at >= period.since, FollowUp.ended_at < period.until)
        .order_by(FollowUp.ticket_id, FollowUp.round)
    )
    if only is not None:
        chosen = chosen.where(FollowUp.ticket_id.in_(only))
    ended = list(session.scalars(chosen))
    latest = {followup.ticket_id: followup.id for followup in ended}
    return [
        *(_fact(followup, is_latest=latest[followup.ticket_id] == followup.id, period=period) for followup in ended),
        *_not_drawn(session, period, only),
    ]


def _fact(followup: FollowUp, *, is_latest: bool, period: Period) -> FollowUpFact:
    approved = followup.exclusion_state is ExclusionState.APPROVED and period.seen(followup.exclusion_at) is not None
    return FollowUpFact(
        ticket_id=followup.ticket_id,
        number=followup.ticket.number,
        unit=followup.unit_id or "",
        town=followup.ticket.town,
        is_drawn=True,
        is_latest=is_latest,
        status=followup.status,
        unit_satisfaction=followup.unit_satisfaction or Satisfaction.UNRATED,
        hotline_satisfaction=followup.hotline_satisfaction or Satisfaction.UNRATED,
        solved=followup.solved or Solved.UNRATED,
        contacted=followup.contacted,
        excluded_for=EXCLUSION_NAMES[followup.exclusion] if approved and followup.exclusion else "",
    )


def _not_drawn(session: Session, period: Period, only: Collection[int] | None) -> list[FollowUpFact]:
    passed_over = (
        select(DrawMember.ticket_id, DrawMember.number, DrawMember.unit, Ticket.town)
        .join(Draw, Draw.id == DrawMember.draw_id)
        .join(Ticket, Ticket.id == DrawMember.ticket_id)
        .where(Draw.at >= period.since, Draw.at < period.until, DrawMember.is_drawn.is_(False))
        .order_by(DrawMember.ticket_id, DrawMember.id)
    )
    if only is not None:
        passed_over = passed_over.where(DrawMember.ticket_id.in_(only))
    unrated = Satisfaction.UNRATED
    return [
        FollowUpFact(ticket_id, number, unit, town, False, True, None, unrated, unrated, Solved.UNRATED, None, "")
        for ticket_id, number, unit, town in session.execute(passed_over)
    ]
