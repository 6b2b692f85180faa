"""Plans and draws in the database: repeatable, once for each ticket, forced classes, what becomes of the rest."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import Engine, select

from callcenter.calls.lifecycle import CallState
from callcenter.calls.models import Call
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Forbidden, Invalid
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.followups import plans
from callcenter.followups.jobs import draw_daily
from callcenter.followups.models import Draw, DrawMember, FollowUp
from callcenter.followups.plans import PlanOrder
from callcenter.followups.sampling import ForcedClass, Method, Stratum
from callcenter.tickets.lifecycle import TicketAction, TicketStatus
from callcenter.tickets.models import Ticket
from tests.followups.conftest import AT, do, handled, redone

pytestmark = pytest.mark.db

TENTH = PlanOrder("一成", Method.RANDOM, share=0.1, forced=())


def fill(count: int) -> None:
    with db.unit_of_work() as session:
        for n in range(count):
            handled(session, f"诉求{n}", caller_number=f"138{n:08}")


def make_draw(order: PlanOrder, seed: str = "12345", key: str | None = None) -> Draw:
    with db.unit_of_work() as session:
        known = {plan.name: plan.id for plan in plans.plans(session, by=SYSTEM)}
        plan_id = known.get(order.name) or plans.save_plan(session, order=order, by=SYSTEM).id
        made = plans.draw_now(session, plan_id=plan_id, by=SYSTEM, seed=seed, idempotency_key=key)
        _ = made.members
        return made


def test_a_draw_is_kept_with_all_that_repeats_it(city: Engine) -> None:
    fill(10)
    made = make_draw(TENTH)
    assert (made.population, made.drawn, made.seed) == (10, 1, "12345")
    assert made.plan["share"] == 0.1
    assert plans.repeats(made)
    with db.unit_of_work() as session:
        [followup] = session.scalars(select(FollowUp))
        assert [row.ticket_id for row in made.members if row.is_drawn] == [followup.ticket_id]


def test_tampering_with_a_draw_is_found(city: Engine) -> None:
    fill(10)
    made = make_draw(TENTH)
    lucky = next(row for row in made.members if not row.is_drawn)
    lucky.is_drawn = True
    assert not plans.repeats(made)
    lucky.is_drawn, lucky.kind = False, "表扬"
    assert not plans.repeats(made)


def test_a_plan_changed_later_does_not_falsify_a_draw(city: Engine) -> None:
    fill(10)
    made = make_draw(TENTH)
    with db.unit_of_work() as session:
        plans.save_plan(session, order=PlanOrder("一成", Method.ALL), by=SYSTEM, plan_id=made.plan_id)
    with db.unit_of_work() as session:
        assert plans.repeats(plans.get_draw(session, draw_id=made.id, by=SYSTEM))


def test_no_ticket_is_drawn_twice_and_a_key_draws_once(city: Engine) -> None:
    fill(4)
    everybody = PlanOrder("全部", Method.ALL)
    first = make_draw(everybody, key="draw-0001")
    assert make_draw(everybody, key="draw-0001").id == first.id
    assert make_draw(everybody).population == 0
    with db.unit_of_work() as session:
        assert len(session.scalars(select(FollowUp)).all()) == 4


def test_a_ticket_done_again_is_drawn_again_and_known_as_unsatisfied(city: Engine) -> None:
    fill(1)
    make_draw(PlanOrder("全部", Method.ALL))
    with db.unit_of_work() as session:
        [ticket] = session.scalars(select(Ticket))
        [followup] = session.scalars(select(FollowUp))
        followup.unit_satisfaction, followup.status = "unsatisfied", "done"
        do(session, ticket.id, TicketAction.SEND_BACK, reason="不满意")
    assert make_draw(TENTH).population == 0
    with time_machine.travel(AT + timedelta(days=3), tick=False):
        with db.unit_of_work() as session:
            redone(session, ticket.id)
        again = make_draw(PlanOrder("百分之一", Method.RANDOM, share=0.0, forced=(ForcedClass.UNSATISFIED_BEFORE,)))
    assert [(row.is_drawn, row.forced_by) for row in again.members] == [(True, "unsatisfied_before")]
    with db.unit_of_work() as session:
        assert session.scalars(select(FollowUp.round).order_by(FollowUp.round)).all() == [1, 2]


def test_classes_of_leaders_repeats_and_media(city: Engine, hire: Callable[..., Actor], supervisor: Actor) -> None:
    leader = hire("周志远", Role.LEADER)
    with db.unit_of_work() as session:
        at = now() - timedelta(days=1)
        session.add(
            Call(id="c1", state=CallState.ENDED, state_at=at, started_at=at, operator_id=leader.user_id, answered_at=at)
        )
        by_leader = handled(session, "领导接的", caller_number="13800000001")
        by_leader.call_id = "c1"
        pressed = handled(session, "媒体问的", caller_number="13800000002")
        plans.flag_media(session, ticket_id=pressed.id, reason="嘉兴日报读者来信", by=supervisor)
        handled(session, "重复的", caller_number="13800000003").registered_at -= timedelta(days=2)
        handled(session, "又打来", caller_number="13800000003")
        with pytest.raises(Invalid, match="哪家媒体"):
            plans.flag_media(session, ticket_id=pressed.id, reason=" ", by=supervisor)
    made = make_draw(PlanOrder("必访", Method.RANDOM, share=0.0))
    found = {row.forced_by for row in made.members if row.is_drawn}
    assert (found, made.drawn, made.population) == ({"leader", "media", "repeat"}, 3, 4)
    with db.unit_of_work() as session:
        teams = dict(session.execute(select(Ticket.content, FollowUp.team).join(FollowUp.ticket)).all())
    assert teams == {"领导接的": "leaders", "媒体问的": "surveyors", "又打来": "surveyors"}


def test_the_rest_is_closed_with_a_waiver_that_names_the_draw(city: Engine) -> None:
    fill(5)
    make_draw(PlanOrder("一成结案", Method.RANDOM, share=0.1, forced=(), closes_rest=True))
    with db.unit_of_work() as session:
        tickets = session.scalars(select(Ticket)).all()
        assert sorted(ticket.status for ticket in tickets) == [TicketStatus.CALLBACK, *[TicketStatus.CLOSED] * 4]
        waivers = {ticket.events[-1].data["waiver"] for ticket in tickets if ticket.status is TicketStatus.CLOSED}
    assert len(waivers) == 1
    assert "种子12345" in waivers.pop()


def test_strata_by_unit_and_kind(city: Engine) -> None:
    with db.unit_of_work() as session:
        for n in range(6):
            lead = "water" if n < 2 else "urban_mgmt"
            handled(session, f"{n}", lead_unit_id=lead, co_unit_ids=(), caller_number=f"139{n:08}")
    made = make_draw(PlanOrder("分层", Method.STRATIFIED, share=0.2, strata=(Stratum.UNIT, Stratum.KIND), forced=()))
    drawn = {row.stratum for row in made.members if row.is_drawn}
    assert drawn == {"water/投诉", "urban_mgmt/投诉"}


def test_the_preview_says_how_exact_it_would_be(city: Engine, supervisor: Actor) -> None:
    fill(10)
    with db.unit_of_work() as session:
        shown = plans.preview(session, order=PlanOrder("三成", Method.RANDOM, share=0.3, forced=()), by=supervisor)
        assert (shown.population, shown.drawn, shown.required[0.05]) == (10, 3, 10)
        assert shown.margin == pytest.approx(0.499, abs=0.001)
        assert session.scalars(select(DrawMember)).all() == []


def test_who_may_and_what_is_refused(city: Engine, surveyor: Actor) -> None:
    with db.unit_of_work() as session:
        with pytest.raises(Forbidden):
            plans.save_plan(session, order=TENTH, by=surveyor)
        with pytest.raises(Invalid, match="分层项"):
            plans.save_plan(session, order=PlanOrder("分层", Method.STRATIFIED), by=SYSTEM)
        plans.save_plan(session, order=TENTH, by=SYSTEM)
        with pytest.raises(Conflict, match="换一个名称"):
            plans.save_plan(session, order=TENTH, by=SYSTEM)


def test_a_plan_draws_once_a_day_at_its_hour(city: Engine, clock: time_machine.Traveller) -> None:
    fill(2)
    with db.unit_of_work() as session:
        plans.save_plan(session, order=PlanOrder("每日", Method.ALL, daily_hour=11), by=SYSTEM)
    draw_daily()
    assert draws() == 0
    clock.move_to(AT + timedelta(hours=1))
    draw_daily()
    draw_daily()
    assert draws() == 1
    clock.move_to(AT + timedelta(days=1, hours=2))
    draw_daily()
    assert draws() == 2


def draws() -> int:
    with db.reading() as session:
        return len(session.scalars(select(Draw)).all())
