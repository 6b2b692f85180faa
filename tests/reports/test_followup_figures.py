"""Figures of the callback over random rows, equal to a plain count in SQL over the raw tables, to the last ticket."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from callcenter.core.security import SYSTEM
from callcenter.followups.lifecycle import (
    Exclusion,
    ExclusionState,
    FollowUpStatus,
    Satisfaction,
    Solved,
    Team,
)
from callcenter.followups.models import Draw, DrawMember, FollowUp, SamplingPlan
from callcenter.followups.sampling import Method
from callcenter.reports import service
from callcenter.reports.rate import Counted
from callcenter.tickets.models import Ticket, TicketCaller
from tests.tickets.conftest import fill_city

pytestmark = pytest.mark.db

SINCE = datetime.fromisoformat("2026-09-01T00:00+08:00")
UNTIL = SINCE + timedelta(days=30)
TICKETS = 150
TOWNS, UNITS = ("当湖街道", "曹桥街道"), ("urban_mgmt", "water", "danghu")
ENDED = (FollowUpStatus.DONE,) * 7 + (FollowUpStatus.DECLINED, FollowUpStatus.UNREACHED, FollowUpStatus.CANCELLED)


@pytest.fixture
def month(session: Session) -> Iterator[Session]:
    """Callbacks of three months of which the middle one is looked at; the same every time."""
    fill_city(session)
    dice = Random(7)
    plan = SamplingPlan(
        name="随机", method=Method.RANDOM, share=0.5, strata=[], smallest=1, forced=[], by_robot=False,
        closes_rest=False, created_at=SINCE,
    )  # fmt: skip
    session.add(plan)
    session.flush()
    for n in range(TICKETS):
        at = SINCE + timedelta(days=dice.uniform(-30, 60))
        ticket = _ticket(session, n, dice, at)
        drawn = dice.random() < 0.7
        draw = Draw(plan_id=plan.id, plan={}, seed="7", fingerprint="", population=1, drawn=int(drawn), at=at)
        draw.members.append(
            DrawMember(
                ticket_id=ticket.id, number=ticket.number, unit=ticket.lead_unit_id, kind="投诉", classes=[],
                stratum="", is_drawn=drawn, forced_by="",
            )
        )  # fmt: skip
        session.add(draw)
        for rounds in range(dice.choice((1, 1, 1, 2, 3)) if drawn else 0):
            session.add(_followup(ticket, rounds + 1, dice, at + timedelta(days=dice.uniform(0, 12) * (rounds + 1))))
    session.flush()
    yield session


def _ticket(session: Session, n: int, dice: Random, at: datetime) -> Ticket:
    ticket = Ticket(
        number=f"20260901-{n:06}", kind="投诉", topic="t", urgency="一般", outcome="DISPATCH", title="t", content="c",
        place="", town=dice.choice(TOWNS), lead_unit_id=dice.choice(UNITS), is_secret=False, profile_code="",
        suggestion={}, verdict="none", registered_at=at, registered_by=SYSTEM.user_id,
    )  # fmt: skip
    session.add(ticket)
    session.flush()
    session.add(TicketCaller(ticket_id=ticket.id, number=f"139{n:08}"))
    return ticket


def _followup(ticket: Ticket, number: int, dice: Random, ended_at: datetime) -> FollowUp:
    status = dice.choice(ENDED)
    made = FollowUp(
        ticket=ticket, round=number, unit_id=ticket.lead_unit_id, team=Team.SURVEYORS, by_robot=False, status=status,
        created_at=ended_at, ended_at=ended_at,
    )  # fmt: skip
    if status is FollowUpStatus.DONE:
        made.unit_satisfaction, made.hotline_satisfaction = dice.choice([*Satisfaction]), dice.choice([*Satisfaction])
        made.solved, made.contacted = dice.choice([*Solved]), dice.choice([True, True, False, None])
        if dice.random() < 0.3:
            made.exclusion = dice.choice([*Exclusion])
            made.exclusion_state = dice.choice([*ExclusionState])
            decided = made.exclusion_state is not ExclusionState.ASKED
            made.exclusion_at = ended_at + timedelta(days=dice.uniform(0, 10)) if decided else None
    return made


LATEST = """
    SELECT t.number, t.town, f.* FROM followup f JOIN ticket t ON t.id = f.ticket_id
    WHERE f.ended_at >= :since AND f.ended_at < :until AND f.status <> 'cancelled'
      AND f.round = (SELECT MAX(g.round) FROM followup g WHERE g.ticket_id = f.ticket_id
                     AND g.ended_at >= :since AND g.ended_at < :until)
"""
OUT = "(exclusion_state = 'approved' AND exclusion_at < :until)"
PLAIN = {
    "followup_reached": ("1 = 1", "status IN ('done', 'declined')"),
    "followup_responded": ("status = 'done' AND contacted IS NOT NULL", "contacted"),
    "followup_solved": (
        f"status = 'done' AND solved <> 'unrated' AND ({OUT}) IS NOT TRUE",
        "solved = 'solved'",
    ),
    "followup_unit_satisfied": (
        f"status = 'done' AND unit_satisfaction <> 'unrated' AND ({OUT}) IS NOT TRUE",
        "unit_satisfaction IN ('satisfied', 'basically')",
    ),
    "followup_hotline_satisfied": (
        "status = 'done' AND hotline_satisfaction <> 'unrated'",
        "hotline_satisfaction IN ('satisfied', 'basically')",
    ),
}


def plain(session: Session, condition: str) -> list[str]:
    bounds = {"since": SINCE, "until": UNTIL}
    if session.get_bind().dialect.name == "sqlite":
        bounds = {name: at.astimezone(UTC).replace(tzinfo=None) for name, at in bounds.items()}
    rows = session.execute(text(f"SELECT number FROM ({LATEST}) AS latest WHERE {condition}"), bounds)
    return sorted(row[0] for row in rows)


def figures(session: Session) -> dict[str, Counted]:
    return {figure.code: figure for figure in service.figures(session, since=SINCE, until=UNTIL).rates}


@pytest.mark.parametrize("code", PLAIN)
def test_equal_to_a_plain_count(month: Session, code: str) -> None:
    figure, (belongs, counts) = figures(month)[code], PLAIN[code]
    assert sorted(figure.denominator) == plain(month, belongs)
    assert sorted(figure.numerator) == plain(month, f"({belongs}) AND ({counts})")
    assert len(figure.denominator) > 20
    assert 0 < len(figure.numerator) < len(figure.denominator)


def test_every_ticket_is_counted_or_left_out_with_its_reason(month: Session) -> None:
    """Nothing disappears: those in the rate, those passed over by the lot, earlier callbacks, approved exclusions."""
    ended = len(plain(month, "1 = 1"))
    for code in PLAIN:
        figure = figures(month)[code]
        left_out = {why: len(keys) for why, keys in figure.excluded.items()}
        assert left_out["抽样未抽中"] > 0
        assert left_out["同一工单较早的回访"] > 0
        rest = sum(
            count
            for why, count in left_out.items()
            if why not in ("抽样未抽中", "同一工单较早的回访", "工单转出，取消回访")
        )
        assert len(figure.denominator) + rest == ended
    assert {why for why in figures(month)["followup_unit_satisfied"].excluded if "剔除" in why} == {
        "经审批剔除：诉求不合理",
        "经审批剔除：不属职责范围",
    }


def test_an_unreached_citizen_is_never_satisfied(month: Session) -> None:
    unreached = set(plain(month, "status = 'unreached'"))
    for code in ("followup_unit_satisfied", "followup_hotline_satisfied", "followup_solved"):
        figure = figures(month)[code]
        assert not unreached & set(figure.denominator)
        assert set(figure.excluded["未联系上"]) == unreached


def test_by_unit_and_town_add_up(month: Session) -> None:
    whole = figures(month)["followup_unit_satisfied"]
    for by in ("unit", "town"):
        groups = service.figures_by(month, since=SINCE, until=UNTIL, by=by)
        parts = [figure for found in groups.values() for figure in found.rates if figure.code == whole.code]
        assert sorted(key for part in parts for key in part.numerator) == sorted(whole.numerator)
        assert len(parts) > 1


def test_what_is_decided_later_does_not_change_a_past_month(month: Session) -> None:
    before = figures(month)["followup_unit_satisfied"]
    for followup in month.query(FollowUp).filter(FollowUp.exclusion_state == ExclusionState.ASKED):
        followup.exclusion_state, followup.exclusion_at = ExclusionState.APPROVED, UNTIL + timedelta(days=1)
    month.flush()
    assert figures(month)["followup_unit_satisfied"] == before


def test_the_sample_rule_is_part_of_the_definition(month: Session) -> None:
    for code in PLAIN:
        assert "样本按抽样方案产生" in figures(month)[code].definition
