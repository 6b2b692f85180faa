"""Shifts put right, and swapped: by three people's word, with conflicts and skills checked at each step."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from callcenter.core import db
from callcenter.core.errors import Conflict, Forbidden, Invalid
from callcenter.core.security import SYSTEM, Role
from callcenter.duty.models import DutyKind, DutyShift, SwapState
from callcenter.duty.service import roster, swaps
from callcenter.duty.service.fitting import Break, Plan
from callcenter.operators.models import Operator
from tests.duty.conftest import Town

pytestmark = pytest.mark.db

MakePlan = Callable[..., Plan]


@pytest.fixture
def made(town: Town, plan: MakePlan) -> Callable[..., DutyShift]:
    def make(name: str, begins: float = 24, hours: float = 8) -> DutyShift:
        with db.unit_of_work() as session:
            wanted = plan(name, begins, hours, kind=DutyKind.SEAT)
            return roster.plan(session, plan=wanted, by=town.people["顾班长"])

    return make


def ask(town: Town, mine: DutyShift, other: str, theirs: DutyShift | None = None, by: str = "沈话务") -> int:
    with db.unit_of_work() as session:
        return swaps.ask(
            session,
            shift_id=mine.id,
            other_user_id=town.id(other),
            other_shift_id=theirs.id if theirs else None,
            note="家里有事",
            by=town.people[by],
        ).id


def answer(town: Town, swap_id: int, *, accept: bool = True, by: str = "陆记录") -> None:
    with db.unit_of_work() as session:
        swaps.answer(session, swap_id=swap_id, accept=accept, by=town.people[by])


def rule(town: Town, swap_id: int, *, approve: bool = True, reason: str = "", by: str = "顾班长") -> None:
    with db.unit_of_work() as session:
        swaps.rule(session, swap_id=swap_id, approve=approve, reason=reason, by=town.people[by])


def whose(*shifts: DutyShift) -> list[str]:
    with db.reading() as session:
        return [roster.find(session, shift.id).user.name for shift in shifts]


def state(town: Town) -> SwapState:
    with db.reading() as session:
        return swaps.page(session, kind=DutyKind.SEAT, by=town.people["顾班长"])[0].state


def test_two_shifts_change_hands_only_when_all_three_agree(town: Town, made: Callable[..., DutyShift]) -> None:
    mine, theirs = made("沈话务", 24), made("陆记录", 48)
    swap = ask(town, mine, "陆记录", theirs)
    assert ask(town, mine, "陆记录", theirs) == swap
    with pytest.raises(Conflict, match="等对方同意"):
        rule(town, swap)
    with pytest.raises(Forbidden):
        answer(town, swap, by="顾班长")
    answer(town, swap)
    assert whose(mine, theirs) == ["沈话务", "陆记录"]
    with pytest.raises(Forbidden):
        rule(town, swap, by="陆记录")
    rule(town, swap)
    assert (whose(mine, theirs), state(town)) == (["陆记录", "沈话务"], SwapState.APPROVED)
    with pytest.raises(Conflict, match="已批准"):
        rule(town, swap)


def test_a_colleague_stands_in(town: Town, made: Callable[..., DutyShift]) -> None:
    mine = made("沈话务")
    swap = ask(town, mine, "陆记录")
    answer(town, swap)
    rule(town, swap)
    assert whose(mine) == ["陆记录"]


def test_nobody_is_in_two_places(town: Town, made: Callable[..., DutyShift]) -> None:
    mine, same_time, theirs = made("沈话务", 24), made("陆记录", 26), made("陆记录", 60)
    with pytest.raises(Conflict, match="已有班次"):
        ask(town, mine, "陆记录", theirs)
    swap = ask(town, mine, "陆记录", same_time)  # one against the other
    answer(town, swap)
    made("沈话务", 33, 1)  # what was free when asked is not when ruled: 26 to 34 now overlaps
    with pytest.raises(Conflict, match="已有班次"):
        rule(town, swap)
    assert (whose(mine), state(town)) == (["沈话务"], SwapState.ACCEPTED)


def test_skills_are_checked(town: Town, made: Callable[..., DutyShift]) -> None:
    mine = made("沈话务")
    with db.unit_of_work() as session:
        session.get_one(Operator, town.id("沈话务")).queues = ["q12345", "qparty"]
    with pytest.raises(Conflict, match="不会接qparty队列"):
        ask(town, mine, "陆记录")
    town.add("外人", Role.DISPATCHER)
    with pytest.raises(Invalid, match="没有话务席位"):
        ask(town, mine, "外人")


def test_declined_refused_withdrawn_and_moved(town: Town, made: Callable[..., DutyShift], plan: MakePlan) -> None:
    mine = made("沈话务")
    with pytest.raises(Forbidden, match="自己的班次"):
        ask(town, mine, "沈话务", by="陆记录")
    answer(town, ask(town, mine, "陆记录"), accept=False)
    assert state(town) is SwapState.DECLINED
    swap = ask(town, mine, "陆记录")
    with db.unit_of_work() as session:
        swaps.withdraw(session, swap_id=swap, by=town.people["沈话务"])
    swap = ask(town, mine, "陆记录")
    answer(town, swap)
    with pytest.raises(Invalid, match="原因"):
        rule(town, swap, approve=False)
    rule(town, swap, approve=False, reason="当日人手不足")
    assert (whose(mine), state(town)) == (["沈话务"], SwapState.REFUSED)
    swap = ask(town, mine, "陆记录")
    with db.unit_of_work() as session:
        roster.cancel(session, shift_id=mine.id, reason="停班", by=SYSTEM)
    with pytest.raises(Conflict, match="已变动"):
        answer(town, swap)


def test_a_shift_is_put_right(town: Town, made: Callable[..., DutyShift], plan: MakePlan) -> None:
    shift, other = made("沈话务", 24), made("沈话务", 40, 2)
    boss = town.people["顾班长"]
    wanted = replace(plan("沈话务", 25, 6), breaks=())
    pause = Break(wanted.starts_at + timedelta(hours=2), wanted.starts_at + timedelta(hours=2.5), "用餐")
    with db.unit_of_work() as session:
        roster.change(session, shift_id=shift.id, plan=replace(wanted, breaks=(pause,)), by=boss)
    with db.reading() as session:
        now_is = roster.find(session, shift.id)
        assert (now_is.starts_at, now_is.ends_at) == (wanted.starts_at, wanted.ends_at)
        assert roster.breaks_of(now_is) == (pause,)
        assert now_is.kind is DutyKind.SEAT
    with db.unit_of_work() as session:
        with pytest.raises(Conflict, match="已有班次"):
            roster.change(session, shift_id=other.id, plan=wanted, by=boss)
        with pytest.raises(Forbidden):
            roster.change(session, shift_id=other.id, plan=wanted, by=town.people["沈话务"])


def test_of_a_running_shift_only_what_is_to_come(town: Town, plan: MakePlan) -> None:
    shift = town.shift("沈话务", kind=DutyKind.SEAT)
    boss = town.people["顾班长"]
    longer = Plan(DutyKind.SEAT, town.id("沈话务"), shift.starts_at, shift.ends_at + timedelta(hours=1))
    with db.unit_of_work() as session:
        roster.change(session, shift_id=shift.id, plan=longer, by=boss)
        with pytest.raises(Conflict, match="已经开始"):
            moved = replace(longer, starts_at=shift.starts_at + timedelta(hours=1))
            roster.change(session, shift_id=shift.id, plan=moved, by=boss)
