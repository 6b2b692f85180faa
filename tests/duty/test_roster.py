"""Planning: conflicts and past times refused, repeated submits, copies, cancelling, who is on now."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.core.security import Actor
from callcenter.duty.models import DutyKind, DutyShift
from callcenter.duty.service import fitting, roster
from callcenter.duty.service.fitting import Break, Plan
from tests.duty.conftest import Town

pytestmark = pytest.mark.db

MakePlan = Callable[..., Plan]


def make(plan: Plan, by: Actor, key: str | None = None) -> DutyShift:
    with db.unit_of_work() as session:
        return roster.plan(session, plan=plan, by=by, idempotency_key=key)


def test_a_shift_is_planned_once_for_a_repeated_submit(town: Town, plan: MakePlan) -> None:
    boss = town.people["顾班长"]
    first = make(plan(unit_id="water", topics=("公共服务",)), boss, "submit-0001")
    again = make(replace(plan(), starts_at=first.starts_at, ends_at=first.ends_at), boss, "submit-0001")
    assert again.id == first.id
    with pytest.raises(Conflict, match="另一个班次"):
        make(plan(begins=48), boss, "submit-0001")


@pytest.mark.parametrize(("begins", "hours"), [(24, 2), (23, 2), (25, 0.5), (20, 12)])
def test_one_person_is_not_in_two_places(town: Town, plan: MakePlan, begins: float, hours: float) -> None:
    boss = town.people["顾班长"]
    made = make(plan(), boss)
    with pytest.raises(Conflict, match="已有班次") as refusal:
        make(plan(begins=begins, hours=hours, kind=DutyKind.OFFICE), boss)
    assert refusal.value.details == {"shift_id": made.id}
    make(replace(plan(), starts_at=made.ends_at, ends_at=made.ends_at + timedelta(hours=1)), boss)


def test_two_planners_at_once_make_one_shift(town: Town, plan: MakePlan) -> None:
    wanted, boss = plan(), town.people["顾班长"]

    def one(_n: int) -> bool:
        try:
            make(wanted, boss)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(one, range(4))) == 1


def test_what_cannot_be_is_refused(town: Town, plan: MakePlan) -> None:
    boss = town.people["顾班长"]
    with pytest.raises(Invalid, match="已经过去"):
        make(plan(begins=-1), boss)
    with pytest.raises(Invalid, match="晚于开始"):
        make(plan(hours=0), boss)
    with pytest.raises(Invalid, match="24小时"):
        make(plan(hours=25), boss)
    with pytest.raises(Invalid, match="没有“值机领导”角色"):
        make(plan("沈话务"), boss)
    with pytest.raises(NotFound):
        make(replace(plan(), user_id=999_999), boss)
    with pytest.raises(NotFound, match="承办单位"):
        make(plan(unit_id="nobody"), boss)
    with pytest.raises(Forbidden):
        make(plan(), town.people["周领导"])


def test_breaks_lie_inside_and_in_order(town: Town, plan: MakePlan) -> None:
    boss, wanted = town.people["顾班长"], plan("沈话务", hours=8, kind=DutyKind.SEAT)
    start = wanted.starts_at

    def pause(begins: float, ends: float) -> Break:
        return Break(start + timedelta(hours=begins), start + timedelta(hours=ends), "用餐")

    for wrong in ((pause(7, 9),), (pause(2, 1),), (pause(3, 4), pause(1, 2)), (pause(1, 3), pause(2, 4))):
        with pytest.raises(Invalid, match="休息时段"):
            make(replace(wanted, breaks=wrong), boss)
    made = make(replace(wanted, breaks=(pause(1, 1.5), pause(4, 5))), boss)
    assert roster.breaks_of(made) == (pause(1, 1.5), pause(4, 5))


def test_calling_off_before_and_during(town: Town, plan: MakePlan) -> None:
    boss = town.people["顾班长"]
    coming, running = make(plan(), boss), town.shift()
    with db.unit_of_work() as session:
        with pytest.raises(Invalid, match="原因"):
            roster.cancel(session, shift_id=coming.id, reason=" ", by=boss)
        roster.cancel(session, shift_id=coming.id, reason="出差", by=boss)
        assert roster.cancel(session, shift_id=coming.id, reason="又出差", by=boss).cancel_reason == "出差"
        assert [one.id for one in roster.on_now(session, kind=DutyKind.LEADER)] == [running.id]
        ended = roster.cancel(session, shift_id=running.id, reason="突发事件", by=boss)
        assert ended.ends_at <= now()
        assert roster.on_now(session, kind=DutyKind.LEADER) == []
    make(plan(), boss)  # the time is free again
    over = town.shift("周领导", starts_at=now() - timedelta(hours=9), ends_at=now() - timedelta(hours=8))
    with db.unit_of_work() as session, pytest.raises(Conflict, match="已经结束"):
        roster.cancel(session, shift_id=over.id, reason="补", by=boss)


def test_a_week_is_copied_and_says_what_did_not_fit(town: Town, plan: MakePlan) -> None:
    boss, first = town.people["顾班长"], plan("沈话务", hours=8, kind=DutyKind.SEAT)
    pause = Break(first.starts_at + timedelta(hours=4), first.starts_at + timedelta(hours=5), "用餐")
    make(replace(first, breaks=(pause,)), boss)
    make(plan("陆记录", hours=8, kind=DutyKind.SEAT), boss)
    make(plan("陆记录", begins=24 + 7 * 24 + 1, hours=1, kind=DutyKind.SEAT), boss)  # in the way
    with db.unit_of_work() as session:
        since, until = first.starts_at - timedelta(hours=1), first.starts_at + timedelta(days=1)
        copied = roster.copy(session, kind=DutyKind.SEAT, since=since, until=until, days=7, by=boss)
        assert [one.user.name for one in copied.made] == ["沈话务"]
        assert roster.breaks_of(copied.made[0])[0].begins == pause.begins + timedelta(days=7)
        assert len(copied.refused) == 1 and "陆记录" in copied.refused[0]
        again = roster.copy(session, kind=DutyKind.SEAT, since=since, until=until, days=7, by=boss)
        assert again.made == []
        with pytest.raises(Invalid):
            roster.copy(session, kind=DutyKind.SEAT, since=until, until=since, days=7, by=boss)


def test_who_may_be_planned(town: Town) -> None:
    with db.reading() as session:
        names = {kind: [user.name for user in fitting.people(session, kind=kind)] for kind in DutyKind}
    assert names[DutyKind.LEADER] == ["周领导"]
    assert set(names[DutyKind.SEAT]) == {"周领导", "沈话务", "陆记录", "顾班长"}
