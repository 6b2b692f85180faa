"""Score sheets of a simulated month, added up by hand from the raw rows."""

from collections import defaultdict

import pytest
from sqlalchemy import Engine

from callcenter.appraisal import service
from callcenter.appraisal.service import Span
from callcenter.core import db
from callcenter.core.security import SYSTEM
from tests.simulation.conftest import SINCE, UNTIL
from tests.simulation.plain import PlainTicket

pytestmark = [pytest.mark.db, pytest.mark.timeout(1800)]


def test_the_sheets_of_the_petition_scheme(city: Engine, plain: list[PlainTicket]) -> None:
    tickets = defaultdict(list)
    for ticket in plain:
        tickets[ticket.unit].append(ticket)
    db.bind(db.make_engine(str(city.url)))
    with db.reading() as session:
        found = service.run(session, scheme=service.scheme("petition"), span=Span(SINCE, UNTIL), by=SYSTEM)
    assert sum(sheet.total is not None for sheet in found) >= 3
    assert any(sheet.total is None and "样本不足" in sheet.note for sheet in found)
    for sheet in found:
        own = tickets[sheet.unit_id]
        assert sheet.total == by_hand(own), sheet.unit_name


def by_hand(tickets: list[PlainTicket]) -> float | None:
    sent = [ticket for ticket in tickets if ticket.counts and ticket.did("dispatch")]
    due = [ticket for ticket in tickets if ticket.due("sign") and ticket.did("dispatch")]
    plain = [ticket for ticket in tickets if ticket.due("close", plain=True)]
    improper = [ticket for ticket in sent if any(ticket.sent_again_to_the_same)]
    parts = (
        (25, due, [t for t in due if t.sent_within(15) and all(t.due("sign"))], 0.7, 1.0),
        (45, plain, [t for t in plain if all(t.due("close", plain=True))], 0.7, 1.0),
        (15, sent, [t for t in sent if t.did("return")], 0.3, 0.0),
        (15, sent, [t for t in sent if t.did("send_back") or t.did("reopen")], 0.2, 0.0),
    )
    points, weights = 0.0, 0
    for weight, whole, good, zero, full in parts:
        if len(whole) >= 5:
            share = (len(good) / len(whole) - zero) / (full - zero)
            points += round(weight * min(1.0, max(0.0, share)), 2)
            weights += weight
    if weights < 60:
        return None
    return max(0.0, round(round(100 * points / weights, 2) - min(10, len(improper)), 2))
