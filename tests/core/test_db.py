"""The unit of work on both databases: all or nothing, what waits for the commit, times, concurrency."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from callcenter.accounts.models import User
from callcenter.core import db
from callcenter.core.security import Role

pytestmark = pytest.mark.db

AT = datetime(2026, 9, 30, 8, 0, 0, 123456, tzinfo=UTC)


def user(username: str, at: datetime = AT) -> User:
    return User(username=username, name="王小明", password_hash="x", roles=[Role.OPERATOR], created_at=at)


def count() -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(User)) or 0


def test_commits_at_the_end_and_rolls_back_on_any_exception(database: Engine) -> None:
    with db.unit_of_work() as session:
        session.add(user("a"))
    with pytest.raises(KeyboardInterrupt), db.unit_of_work() as session:
        session.add(user("b"))
        session.flush()
        raise KeyboardInterrupt
    assert count() == 1


def test_actions_wait_for_the_commit_and_are_forgotten_on_rollback(database: Engine) -> None:
    done: list[str] = []
    with db.unit_of_work() as session:
        session.add(user("a"))
        db.after_commit(session, lambda: done.append("kept"))
        assert done == []
    with pytest.raises(RuntimeError), db.unit_of_work() as session:
        db.after_commit(session, lambda: done.append("lost"))
        raise RuntimeError
    assert done == ["kept"]


def test_a_savepoint_is_not_the_commit(database: Engine) -> None:
    done: list[str] = []
    with pytest.raises(RuntimeError), db.unit_of_work() as session:
        with session.begin_nested():
            db.after_commit(session, lambda: done.append("too early"))
            session.add(user("a"))
        raise RuntimeError
    with db.unit_of_work() as session:
        db.after_commit(session, lambda: done.append("outer"))
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add_all([user("a"), user("a")])
            session.flush()
    assert (done, count()) == (["outer"], 0)


def test_times_come_back_aware_and_in_utc(session: Session) -> None:
    session.add(user("a", AT.astimezone(timezone(timedelta(hours=8)))))
    session.flush()
    session.expire_all()
    read = session.scalars(select(User)).one().created_at
    assert (read, read.utcoffset()) == (AT, timedelta(0))


def test_a_naive_time_is_refused(session: Session) -> None:
    session.add(user("a", AT.replace(tzinfo=None)))
    with pytest.raises(StatementError, match="naive datetime"):
        session.flush()


def test_error_texts_hold_no_values(session: Session) -> None:
    session.add_all([user("13893112345"), user("13893112345")])
    with pytest.raises(IntegrityError) as caught:
        session.flush()
    assert "王小明" not in str(caught.value)


def test_read_then_write_from_many_threads_loses_nothing(database: Engine) -> None:
    with db.unit_of_work() as session:
        session.add(user("0"))
    failures: list[Exception] = []

    def add() -> None:
        for _ in range(10):
            try:
                with db.unit_of_work() as session:
                    first = session.scalars(select(User).order_by(User.id).limit(1).with_for_update()).one()
                    first.username = str(int(first.username) + 1)
            except Exception as error:
                failures.append(error)

    writers = [threading.Thread(target=add) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failures == []
    with db.reading() as session:
        assert session.scalars(select(User.username)).one() == "40"


def test_a_reader_waits_for_no_writer(database: Engine) -> None:
    with db.unit_of_work() as session:
        session.add(user("a"))
        session.flush()
        assert count() == 0
