"""The audit chain on both databases: whole after honest work, broken at the first forged entry."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from callcenter.core import audit, audit_cli, db
from callcenter.core.audit import AuditEntry
from callcenter.core.security import SYSTEM, Actor, Role

pytestmark = pytest.mark.db

OPERATOR = Actor(7, "沈话务", frozenset({Role.OPERATOR}))


@pytest.fixture
def entries(session: Session) -> list[AuditEntry]:
    acts = ["person.reveal", "recording.play", "ticket.create", "ticket.dispatch"]
    return [
        audit.record(session, OPERATOR, act, f"call:{number}", reason="群众要求", details={"第": number, "份额": 0.1})
        for number, act in enumerate(acts)
    ]


def test_an_untouched_chain_is_whole_when_read_back(session: Session, entries: list[AuditEntry]) -> None:
    session.expire_all()
    assert audit.first_broken(session) is None
    assert entries[0].previous_hash == ""
    assert [entry.previous_hash for entry in entries[1:]] == [entry.hash for entry in entries[:-1]]


@pytest.mark.parametrize(
    "forged",
    [
        {"actor_name": "别人"},
        {"action": "nothing.done"},
        {"subject": "call:9"},
        {"reason": ""},
        {"details": {}},
        {"actor_id": None},
        {"hash": "0" * 64},
    ],
)
def test_a_changed_entry_breaks_the_chain_there(
    session: Session, entries: list[AuditEntry], forged: dict[str, object]
) -> None:
    session.execute(update(AuditEntry).where(AuditEntry.id == entries[1].id).values(forged))
    session.expire_all()
    assert audit.first_broken(session) == entries[1].id


def test_a_moved_time_and_a_removed_entry_break_the_chain(session: Session, entries: list[AuditEntry]) -> None:
    moved = (
        update(AuditEntry).where(AuditEntry.id == entries[3].id).values(at=entries[3].at + timedelta(microseconds=1))
    )
    session.execute(moved)
    session.expire_all()
    assert audit.first_broken(session) == entries[3].id
    session.execute(delete(AuditEntry).where(AuditEntry.id == entries[1].id))
    session.expire_all()
    assert audit.first_broken(session) == entries[2].id


def test_an_entry_is_part_of_the_callers_transaction(database: Engine) -> None:
    with pytest.raises(RuntimeError), db.unit_of_work() as session:
        audit.record(session, SYSTEM, "ticket.create", "ticket:1")
        raise RuntimeError
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0


def test_many_writers_at_once_make_one_chain(database: Engine) -> None:
    def write() -> None:
        for number in range(10):
            with db.unit_of_work() as session:
                audit.record(session, OPERATOR, "recording.play", f"call:{number}")

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 40
        assert audit.first_broken(session) is None


def test_the_command_says_where_the_chain_breaks(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_cli.db, "bind", lambda _engine: None)
    with db.unit_of_work() as session:
        for number in range(3):
            audit.record(session, OPERATOR, "recording.play", f"call:{number}")
    whole = CliRunner().invoke(audit_cli.app, ["verify"])
    assert (whole.exit_code, "3 条" in whole.stdout) == (0, True)
    with db.unit_of_work() as session:
        second = session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)).all()[1]
        session.execute(update(AuditEntry).where(AuditEntry.id == second).values(reason="改过"))
    broken = CliRunner().invoke(audit_cli.app, ["verify"])
    assert (broken.exit_code, f"第 {second} 条" in broken.stderr) == (1, True)
