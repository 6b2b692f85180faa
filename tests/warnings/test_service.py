"""From rows to warnings: found once, said to their reader, taken note of, closed; over the services and over HTTP."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from callcenter.accounts.service import create_user
from callcenter.core import db
from callcenter.core.audit import first_broken
from callcenter.core.clock import CHINA
from callcenter.core.security import SYSTEM, Role
from callcenter.messages.models import Message
from callcenter.tickets.models import Ticket
from callcenter.tickets.service import Matter, register_from_decision
from callcenter.warnings import jobs
from callcenter.warnings.models import Warned, WarningKind
from tests.tickets.conftest import NOISE, fill_city

pytestmark = pytest.mark.api

NOON = datetime(2026, 9, 23, 12, 0, tzinfo=CHINA)
"""A Wednesday."""
QUIET = replace(NOISE, call_id=None, place="", caller_number=None)
Login = Callable[..., dict[str, str]]


@pytest.fixture
def past(database: Engine) -> Iterator[None]:
    """Eight quiet weeks: one noise complaint every third day."""
    with db.unit_of_work() as session:
        fill_city(session)
        for back in range(3, 57, 3):
            add(session, QUIET, NOON - timedelta(days=back))
    yield


def add(session: Session, matter: Matter, at: datetime) -> Ticket:
    return register_from_decision(session, matter=matter, by=SYSTEM, at=at)


def look(at: datetime = NOON) -> list[Warned]:
    with time_machine.travel(at, tick=False):
        jobs.look_out()
    with db.reading() as session:
        found = list(session.scalars(select(Warned).order_by(Warned.id)))
        session.expunge_all()
    return found


def burst(count: int, at: datetime = NOON) -> None:
    with db.unit_of_work() as session:
        for number in range(count):
            add(session, QUIET, at - timedelta(minutes=count - number))


def test_a_usual_day_raises_nothing(past: None) -> None:
    burst(2)
    assert look() == []


def test_a_burst_is_one_warning_however_often_it_is_looked_for(past: None) -> None:
    burst(7)
    first = look()
    assert [(one.kind, one.topic, one.town, one.facts["count"]) for one in first] == [
        (WarningKind.BURST, NOISE.topic, "当湖街道", 7)
    ]
    assert first[0].reader_name == "班长"
    assert "已有 7 件" in first[0].text
    burst(3, NOON + timedelta(minutes=30))
    again = look(NOON + timedelta(hours=1))
    assert [(one.id, one.facts["count"], len(one.tickets)) for one in again] == [(first[0].id, 10, 10)]
    with db.reading() as session:
        said = session.scalars(select(Message)).all()
        assert [message.title for message in said] == [f"预警（高）：当湖街道“{NOISE.topic}”突增"]
        assert first_broken(session) is None


def test_the_next_day_of_an_open_burst_is_the_same_warning_and_after_its_end_a_new_one(
    past: None, client: Any, login: Login
) -> None:
    burst(8)
    first = look()[0]
    burst(9, NOON + timedelta(days=1))
    assert [one.id for one in look(NOON + timedelta(days=1))] == [first.id]
    closed = {"result": "handled", "text": "已联合整治"}
    assert (
        client.post(f"/api/warnings/{first.id}/close", json=closed, headers=login(Role.SUPERVISOR)).status_code == 200
    )
    burst(12, NOON + timedelta(days=2))
    assert len(look(NOON + timedelta(days=2))) == 2


def test_the_same_caller_and_the_same_place(past: None) -> None:
    with db.unit_of_work() as session:
        for number in range(3):
            at = NOON - timedelta(days=number * 4 + 1)
            add(session, replace(QUIET, caller_number="13800001111", topic="环境卫生-垃圾清运"), at)
            place = {"place": "东湖路8号", "topic": "城乡建设-路灯故障", "caller_number": f"1390000000{number}"}
            add(session, replace(QUIET, **place), at)
        secret = replace(QUIET, caller_number="13800002222", topic="纪检监察-干部廉洁", is_secret=True)
        for number in range(3):
            add(session, secret, NOON - timedelta(days=number))
    found = {one.kind: one for one in look()}
    assert set(found) == {WarningKind.REPEAT, WarningKind.PLACE}
    assert found[WarningKind.REPEAT].facts["caller"] == "138****1111"
    assert found[WarningKind.PLACE].facts["callers"] == 3
    for one in found.values():
        assert "13800001111" not in f"{one.title}{one.text}{one.facts}{one.key}"
    assert len(look(NOON + timedelta(hours=2))) == 2


def test_words_of_risk(past: None) -> None:
    with db.unit_of_work() as session:
        add(session, replace(QUIET, content="工资再不发我就去跳楼，还要发抖音"), NOON)
        add(session, replace(QUIET, content="路灯不亮"), NOON)
    found = look()
    assert [(one.kind, one.level, one.facts) for one in found] == [(WarningKind.WORD, "高", {"word": "跳楼"})]


def test_the_named_reader_handles_it_and_others_do_not(past: None, client: Any, login: Login) -> None:
    with db.unit_of_work() as session:
        create_user(session, username="leader", name="周志远", password="correct-horse", roles=[Role.LEADER])
        for number in range(6):
            wages = replace(QUIET, topic="劳动保障-拖欠工资", content=f"欠薪{number}")
            add(session, wages, NOON - timedelta(minutes=number))
    one = look()[0]
    assert (one.reader_name, one.reader_role) == ("周志远", "leader")
    named, other = login(Role.LEADER, username="leader"), login(Role.LEADER, username="other")
    path = f"/api/warnings/{one.id}"
    assert client.post(f"{path}/acknowledge", headers=other).status_code == 403
    assert client.get("/api/warnings", headers=login(Role.OPERATOR)).status_code == 403
    noted = [client.post(f"{path}/acknowledge", headers=named).json() for _ in range(2)]
    assert noted[0] == noted[1]
    assert noted[0]["state_name"] == "已阅处置中"
    handed = client.post(f"{path}/hand-over", json={"username": "other"}, headers=named).json()
    assert (handed["state"], handed["reader_name"]) == ("new", "王小明")
    assert client.post(f"{path}/hand-over", json={"username": "nobody"}, headers=other).status_code == 422
    assert client.post(f"{path}/acknowledge", headers=named).status_code == 403
    result = {"result": "passed_on", "text": "已转人社专项处置"}
    closed = client.post(f"{path}/close", json=result, headers=other).json()
    assert (closed["state"], closed["result_name"]) == ("closed", "已转专项")
    assert client.post(f"{path}/close", json=result, headers=other).status_code == 409
    page = client.get("/api/warnings", params={"state": "closed"}, headers=other).json()
    assert [entry["id"] for entry in page["warnings"]] == [one.id]


def test_what_nobody_reads_is_said_to_the_supervisors_once(past: None) -> None:
    burst(8)
    look()
    for hours in (23, 25, 49):
        look(NOON + timedelta(hours=hours))
    with db.reading() as session:
        titles = session.scalars(select(Message.title).order_by(Message.id)).all()
    assert [title.partition("：")[0] for title in titles] == ["预警（高）", "预警一天未阅"]
