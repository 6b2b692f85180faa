"""One box: tickets and calls by number, words, place and unit, each user within their scope."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from callcenter.calls.models import Call
from callcenter.citizens import service as citizens
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.directory.models import Unit
from callcenter.finding import service
from callcenter.tickets.models import Ticket
from callcenter.tickets.service import register_from_decision
from callcenter.transcripts.models import Origin, Segment, Speaker
from tests.tickets.conftest import AT, NOISE, fill_city

pytestmark = pytest.mark.db

OPERATOR = Actor(user_id=1, name="话务员", roles=frozenset({Role.OPERATOR}))
AUDITOR = Actor(user_id=2, name="审计员", roles=frozenset({Role.AUDITOR}))
WATER = Actor(user_id=3, name="水务", roles=frozenset({Role.DEPARTMENT}), unit_id="water")
NUMBER = "13800004321"


@pytest.fixture
def filed(session: Session) -> Session:
    fill_city(session)
    citizen = citizens.seen(session, number=NUMBER, at=AT)
    session.add(Call(id="c1", caller_number=NUMBER, citizen_id=citizen.id, started_at=AT, state_at=AT))
    session.add(Call(id="c2", caller_number="13900009999", started_at=AT + timedelta(hours=1), state_at=AT))
    session.flush()
    said = [("c1", "我家住东湖花园，楼下烧烤店很吵"), ("c1", "天天到半夜"), ("c2", "东湖花园停水，我电话13900009999")]
    for seq, (call_id, text) in enumerate(said):
        session.add(
            Segment(
                call_id=call_id,
                tap_id=f"t-{call_id}",
                seq=seq,
                speaker=Speaker.CALLER,
                origin=Origin.LIVE,
                started_at=AT + timedelta(seconds=seq),
                ended_at=AT,
                text=text,
                raw_text=text,
                corrections=[],
                words=[],
                confidence=0.9,
                engine="test",
            )
        )
    matter = replace(
        NOISE, title="烧烤店噪声", content="楼下烧烤店吵", place="东湖花园", call_id="c1", citizen_id=citizen.id
    )
    register_from_decision(session, matter=matter, by=SYSTEM, at=AT)
    return session


def found(session: Session, text: str, by: Actor = OPERATOR) -> tuple[list[str], list[str]]:
    told = service.find(session, text=text, limit=8, by=by)
    return [ticket.title for ticket in told.tickets], [hit.call.id for hit in told.calls]


TICKET = ["烧烤店噪声"]


@pytest.mark.parametrize(
    ("text", "tickets", "calls"),
    [
        ("4321", TICKET, ["c1"]),
        (NUMBER, TICKET, ["c1"]),
        ("9999", [], ["c2"]),
        ("321", [], []),
        ("东湖花园", TICKET, ["c2", "c1"]),
        ("东湖花园 半夜", [], ["c1"]),
        ("烧烤 4321", TICKET, ["c1"]),
        ("烧烤 9999", [], []),
        ("停水", [], ["c2"]),
        ("没有人说过", [], []),
        ("", [], []),
        ('"*', [], []),
    ],
)
def test_what_is_found(filed: Session, text: str, tickets: list[str], calls: list[str]) -> None:
    assert found(filed, text) == (tickets, calls)


def test_by_the_units_name(filed: Session) -> None:
    ticket = filed.query(Ticket).one()
    name = filed.get_one(Unit, ticket.lead_unit_id).name
    assert found(filed, name)[0] == TICKET
    assert found(filed, f"{name} 烧烤")[0] == TICKET


def test_the_words_are_shown(filed: Session) -> None:
    (hit,) = service.find(filed, text="半夜", limit=8, by=OPERATOR).calls
    assert hit.said == "天天到半夜"


def test_there_is_more(filed: Session) -> None:
    told = service.find(filed, text="东湖花园", limit=1, by=OPERATOR)
    assert (len(told.calls), told.more_calls, told.more_tickets) == (1, True, False)


def test_each_within_what_they_may_see(filed: Session) -> None:
    assert found(filed, "4321", by=AUDITOR)[0] == []
    assert found(filed, "烧烤", by=AUDITOR)[0] == TICKET
    assert found(filed, "东湖花园", by=WATER) == ([], [])
