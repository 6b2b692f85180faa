"""Callers by number, and the block list, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from callcenter.citizens import service as citizens
from callcenter.core.errors import Forbidden, Invalid, NotFound
from callcenter.core.security import SYSTEM, Actor, Role

pytestmark = pytest.mark.db

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OPERATOR = Actor(user_id=None, name="沈晓燕", roles=frozenset({Role.OPERATOR}))


@pytest.mark.parametrize(
    ("number", "normal"),
    [
        ("+8613912345678", "13912345678"),
        ("008613912345678", "13912345678"),
        ("013912345678", "13912345678"),
        ("13912345678", "13912345678"),
        ("+8657385012345", "057385012345"),
        ("057385012345", "057385012345"),
        ("85012345", "85012345"),
        ("110", "110"),
        ("+12025550123", "12025550123"),
    ],
)
def test_one_caller_has_one_number(number: str, normal: str) -> None:
    assert citizens.normal(number) == normal


def test_a_caller_is_known_after_the_first_call(session: Session) -> None:
    assert citizens.find(session, number="13912345678") is None
    first = citizens.seen(session, number="+8613912345678", at=AT)
    again = citizens.seen(session, number="13912345678", at=AT + timedelta(hours=1))
    assert again.id == first.id
    assert (again.first_called_at, again.last_called_at) == (AT, AT + timedelta(hours=1))


def test_a_late_report_does_not_turn_the_clock_back(session: Session) -> None:
    citizens.seen(session, number="13912345678", at=AT)
    assert citizens.seen(session, number="13912345678", at=AT - timedelta(days=1)).last_called_at == AT


def test_blocked_until_the_time_is_over(session: Session) -> None:
    citizens.block(session, number="13912345678", reason="反复骚扰", by=SYSTEM, until=AT)
    session.flush()
    assert citizens.is_blocked(session, number="+8613912345678", at=AT - timedelta(seconds=1))
    assert not citizens.is_blocked(session, number="13912345678", at=AT)
    citizens.block(session, number="13912345678", reason="反复骚扰", by=SYSTEM)
    assert citizens.is_blocked(session, number="13912345678", at=AT + timedelta(days=1000))
    citizens.unblock(session, number="13912345678", by=SYSTEM)
    session.flush()
    assert not citizens.is_blocked(session, number="13912345678", at=AT)


def test_only_supervisors_block_and_only_with_a_reason(session: Session) -> None:
    with pytest.raises(Forbidden):
        citizens.block(session, number="13912345678", reason="骚扰", by=OPERATOR)
    with pytest.raises(Invalid, match="原因"):
        citizens.block(session, number="13912345678", reason=" ", by=SYSTEM)
    with pytest.raises(NotFound):
        citizens.unblock(session, number="13912345678", by=SYSTEM)
