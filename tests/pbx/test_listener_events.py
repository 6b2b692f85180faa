"""The listener's handlers on events as Asterisk sends them, with a database that fails."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError

from callcenter.calls.models import Call, TimelineEntry
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.pbx import causes, facts, journal, listener, render
from callcenter.pbx.listener import Listener
from callcenter.settings import Settings

pytestmark = pytest.mark.db


@pytest.fixture
def heard(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """A listener that is told events by hand."""
    monkeypatch.setattr(listener, "RETRY_SECONDS", (0.0, 0.0))
    made = Listener(Settings())
    yield made
    made.close()


def start(**fields: str) -> dict[str, str]:
    """A call's first event."""
    return {
        "Event": "UserEvent",
        "UserEvent": "CallStart",
        "CallUUID": "c1",
        "Leg": "hl1-1.0",
        "At": "2026-11-24T04:55:05.119Z",
        "DID": "12345",
        "Caller": "13912345678",
        "Priority": "3",
        **fields,
    }


def calls() -> list[Call]:
    with db.unit_of_work() as session:
        return list(session.scalars(select(Call)))


def test_a_fact_counts_once(heard: Listener) -> None:
    heard.on_event(start())
    heard.on_event(start())
    (call,) = calls()
    assert (call.caller_number, call.line) == ("13912345678", "12345")
    with db.reading() as session:
        assert len(session.scalars(select(TimelineEntry)).all()) == 1


def test_our_field_wins_over_the_leg_s_field_of_the_same_name(heard: Listener) -> None:
    heard.on_event(start(UserEvent="QueueJoined", Queue="q12345", Priority="7\n42"))
    assert calls()[0].priority == 42


def test_other_events_and_other_people_s_user_events_are_ignored(heard: Listener) -> None:
    heard.on_event({"Event": "VarSet"})
    heard.on_event({"Event": "UserEvent", "UserEvent": "Stranger"})
    heard.on_event({"Event": "UserEvent", "UserEvent": "CallStart", "CallUUID": "c1"})
    heard.on_event({"Event": "Hangup", "Uniqueid": "x", "Timestamp": "1.5", "Cause": "16"})
    assert calls() == []


def test_a_database_that_fails_twice_loses_nothing(heard: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, times=2)
    heard.on_event(start())
    assert len(calls()) == 1


def test_a_database_that_is_gone_is_made_up_for_later(heard: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(heard.ami, "catch_up", lambda: asked.append(True))
    failing(monkeypatch, times=3)
    with pytest.raises(OperationalError):
        heard.on_event(start())
    assert asked == [True]
    heard.on_event(start())
    assert len(calls()) == 1


def failing(monkeypatch: pytest.MonkeyPatch, *, times: int) -> None:
    record, left = facts.record, [times]

    def fail_first(*given: Any) -> bool:
        if left[0]:
            left[0] -= 1
            raise OperationalError("INSERT", {}, Exception("gone"))
        return record(*given)

    monkeypatch.setattr(facts, "record", fail_first)


def test_a_fact_of_another_release_stops_no_other(
    heard: Listener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(second: int, name: str, **fields: str) -> str:
        at = (now() - timedelta(seconds=30 - second)).astimezone(UTC).isoformat(timespec="milliseconds")
        own = {"CallUUID": f"c{second}", "Leg": f"hl1-{second}.0", "At": at, **fields}
        return f"{name},{','.join(f'{key}: {value}' for key, value in own.items())}\n"

    (tmp_path / f"{now().astimezone(UTC):%Y%m%d}.log").write_text(
        told(1, "QueueJoined", Priority="0")
        + told(2, "PartyState", Party="robot", State="talk")
        + told(3, "QueueJoined", Queue="q12345", Priority="0")
    )
    monkeypatch.setattr(render, "journal_dir", lambda _: tmp_path)
    assert heard._read_journal(now() - timedelta(hours=1))
    assert [call.id for call in calls()] == ["c3"]
    assert "Traceback" not in "".join(capsys.readouterr())


def test_closed_while_it_reads_it_makes_nothing_of_a_part(
    heard: Listener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(render, "journal_dir", lambda _: tmp_path)
    at = now().astimezone(UTC)
    fact = f"QueueJoined,CallUUID: c1,Leg: hl1-1.0,At: {at.isoformat(timespec='milliseconds')},Queue: q12345"
    (tmp_path / f"{at:%Y%m%d}.log").write_text(f"{fact}\n")
    heard.close()
    heard.catch_up()  # would ask the PBX, which is not there, had it read to the end
    assert calls() == []


def test_the_journal_is_kept_for_a_week_only(tmp_path: Path) -> None:
    for day in ("20261116", "20261117", "20261124"):
        (tmp_path / f"{day}.log").touch()
    journal.forget(tmp_path, before=datetime(2026, 11, 17, 8, tzinfo=UTC))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["20261117.log", "20261124.log"]


@pytest.mark.parametrize(
    ("number", "status", "cause"),
    [
        ("17", "BUSY", "busy"),
        ("21", "NOANSWER", "rejected"),
        ("19", "NOANSWER", "no_answer"),
        ("1", "NOANSWER", "unknown_number"),
        ("34", "CONGESTION", "congested"),
        ("20", "CHANUNAVAIL", "unreachable"),
        ("0", "CHANUNAVAIL", "unreachable"),
        ("16", "NOANSWER", "no_answer"),
        ("", "", "failed"),
        ("99", "BUSY", "busy"),
        ("99", "", "failed"),
    ],
)
def test_why_somebody_was_not_reached(number: str, status: str, cause: str) -> None:
    assert causes.of_invitation(number, status) == cause


@pytest.mark.parametrize(("number", "cause"), [("16", "hung_up"), ("44", "lost"), ("", "hung_up"), ("0", "hung_up")])
def test_why_a_leg_ended(number: str, cause: str) -> None:
    assert causes.of_leg(number) == cause
