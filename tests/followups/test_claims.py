"""Who may call whom back: claims, teams, people with a part in the ticket, tickets that went elsewhere."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from callcenter.core import db
from callcenter.core.errors import Forbidden
from callcenter.core.security import Actor, Role
from callcenter.followups import jobs, tasks
from callcenter.followups.lifecycle import FollowUpStatus
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.models import Ticket
from tests.followups.acting import claim, read
from tests.followups.conftest import AT, do, draw_all, followup_of, handled

pytestmark = pytest.mark.db

Drawn = Callable[..., int]
Hire = Callable[..., Actor]


def test_next_and_claim_are_the_same_for_the_same_person(drawn: Drawn, surveyor: Actor) -> None:
    followup_id = drawn()
    with db.unit_of_work() as session:
        first = tasks.claim_next(session, by=surveyor)
        again = tasks.claim_next(session, by=surveyor)
        assert first is not None
        assert again is not None
        assert (first.id, again.id, first.status) == (followup_id, followup_id, FollowUpStatus.CLAIMED)
    assert claim(followup_id, surveyor).claimed_by == surveyor.user_id


def test_two_surveyors_never_have_the_same(drawn: Drawn, hire: Hire) -> None:
    for n in range(6):
        drawn(f"诉求{n}", caller_number=f"1380000{n:04}")
    people = [hire(f"回访员{n}") for n in range(6)]
    got: list[int] = []
    start = threading.Barrier(6)

    def take(who: Actor) -> None:
        start.wait()
        with db.unit_of_work() as session:
            found = tasks.claim_next(session, by=who)
            if found:
                got.append(found.id)

    threads = [threading.Thread(target=take, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(set(got)) == 6


def test_whoever_had_a_part_in_the_ticket_does_not_call(drawn: Drawn, hire: Hire, surveyor: Actor) -> None:
    handler, of_unit = hire("经手人"), hire("城管回访", unit_id="urban_mgmt")
    followup_id = drawn()
    with db.unit_of_work() as session:
        ticket = tasks.get(session, followup_id=followup_id).ticket
        ticket.registered_by = handler.user_id
    for who in (handler, of_unit):
        with pytest.raises(Forbidden):
            claim(followup_id, who)
        with db.unit_of_work() as session:
            assert tasks.claim_next(session, by=who) is None
    claim(followup_id, surveyor)


def test_leaders_tickets_have_their_own_team(drawn: Drawn, hire: Hire, surveyor: Actor, supervisor: Actor) -> None:
    leader, member = hire("周志远", Role.LEADER), hire("专班")
    with db.unit_of_work() as session:
        ticket = handled(session, "领导接的")
        ticket.registered_by = leader.user_id
        draw_all(session, by_robot=True)
        followup_id = followup_of(session, ticket.id)
        with pytest.raises(Forbidden):
            tasks.set_team(session, user_ids=[member.user_id or 0], by=surveyor)
        tasks.set_team(session, user_ids=[member.user_id or 0], by=supervisor)
    assert not read(followup_id).by_robot
    with pytest.raises(Forbidden, match="专门小组"):
        claim(followup_id, surveyor)
    claim(followup_id, member)


def test_other_roles_have_no_part_in_it(drawn: Drawn, hire: Hire) -> None:
    followup_id = drawn()
    for role in (Role.OPERATOR, Role.DEPARTMENT):
        with pytest.raises(Forbidden):
            claim(followup_id, hire(role, role))


def test_claims_left_lying_go_back(drawn: Drawn, surveyor: Actor, clock: time_machine.Traveller) -> None:
    followup_id = drawn()
    claim(followup_id, surveyor)
    clock.move_to(AT + timedelta(minutes=59))
    jobs.tidy()
    assert read(followup_id).status is FollowUpStatus.CLAIMED
    clock.move_to(AT + timedelta(minutes=61))
    jobs.tidy()
    assert (read(followup_id).status, read(followup_id).claimed_by) == (FollowUpStatus.WAITING, None)


def test_a_ticket_that_went_elsewhere_is_not_called_back(drawn: Drawn, surveyor: Actor) -> None:
    by_claim, by_sweep = drawn("一"), drawn("二", caller_number="13800000002")
    with db.unit_of_work() as session:
        for ticket in session.scalars(select(Ticket)):
            do(session, ticket.id, TicketAction.SEND_BACK, reason="审核发现问题")
    assert claim(by_claim, surveyor).status is FollowUpStatus.CANCELLED
    jobs.tidy()
    assert read(by_sweep).status is FollowUpStatus.CANCELLED
