"""A leader's call from the hand-over to the instruction's ticket, with the refusals on the way."""

from dataclasses import replace
from datetime import timedelta

import pytest

from callcenter.calls import conference
from callcenter.calls.models import CallState, Leg, Party
from callcenter.calls.queries import call as find_call
from callcenter.calls.service.people import PartyState
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Forbidden, Invalid
from callcenter.core.security import Role
from callcenter.duty.lifecycle import Stage
from callcenter.duty.models import ContactResult, ContactSource, DutyContact
from callcenter.duty.service import contacts, instructions
from callcenter.duty.service.instructions import Changes, Draft
from callcenter.followups import population, tasks
from callcenter.followups.lifecycle import Team
from callcenter.followups.sampling import ForcedClass
from callcenter.operators import service as operators
from callcenter.operators.lifecycle import SeatAction
from callcenter.operators.telephony import TelephonyUnavailable
from callcenter.tickets.lifecycle import TicketStatus
from callcenter.tickets.models import Ticket
from tests.duty.conftest import WATER, Town

pytestmark = pytest.mark.db


def hand_over(town: Town, call_id: str, shift_id: int, **more: str) -> DutyContact:
    brief = replace(WATER, **more)
    return contacts.hand_over(town.telephony, call_id=call_id, shift_id=shift_id, brief=brief, by=town.people["沈话务"])


def stage_of(shift_id: int) -> Stage | None:
    with db.reading() as session:
        seen, _ = contacts.at_hand(session, contacts.roster.find(session, shift_id))
        return seen.stage if seen else None


def test_from_hand_over_to_talk_alone(town: Town) -> None:
    shift, call_id = town.shift(), town.talk()
    hand_over(town, call_id, shift.id)
    verb, asked = town.telephony.asked[-1]
    assert (verb, asked["numbers"]) == ("consult", ["8003"])
    assert stage_of(shift.id) is Stage.RINGING
    town.answers(call_id)
    assert stage_of(shift.id) is Stage.BRIEFING
    conference.merge(town.telephony, call_id=call_id, by=town.people["沈话务"])
    town.caller(call_id, PartyState.ROOM)
    assert stage_of(shift.id) is Stage.THREE
    conference.leave(town.telephony, call_id=call_id, by=town.people["沈话务"])
    town.alone_with_leader(call_id)
    assert stage_of(shift.id) is Stage.LEADING
    with db.reading() as session:
        assert find_call(session, call_id).state is CallState.TALKING
    town.ends(call_id)
    assert stage_of(shift.id) is Stage.OVER  # it waits for its result


def test_a_leader_who_does_not_answer_leaves_the_caller_with_the_operator(town: Town) -> None:
    shift, call_id = town.shift(), town.talk()
    hand_over(town, call_id, shift.id)
    leg = town.leader_leg(call_id)
    town.party(call_id, leg.pbx_key, Party.DEPARTMENT, PartyState.FAILED, "8003")
    town.caller(call_id, PartyState.TALK)
    assert stage_of(shift.id) is None
    hand_over(town, call_id, shift.id)  # and may be tried again


def test_with_the_telephone_system_away_the_leg_says_so(town: Town) -> None:
    shift, call_id = town.shift(), town.talk()
    town.telephony.fail.add("consult")
    with pytest.raises(TelephonyUnavailable):
        hand_over(town, call_id, shift.id)
    assert town.leader_leg(call_id).left_at is not None


def test_what_cannot_be_handed_over(town: Town) -> None:
    call_id = town.talk()
    scoped = town.shift(topics=["城市管理"], scope="城市管理")
    with pytest.raises(Conflict, match="不在本次值机受理范围"):
        hand_over(town, call_id, scoped.id)
    over = town.shift(starts_at=now() - timedelta(hours=5), ends_at=now() - timedelta(hours=4))
    with pytest.raises(Conflict, match="不在值机时段"):
        hand_over(town, call_id, over.id)
    with db.unit_of_work() as session:
        operators.report(session, extension="8003", action=SeatAction.ANSWER, at=now())
    with pytest.raises(Conflict, match="另一通电话"):
        hand_over(town, call_id, scoped.id, scope_note="领导同意")
    with db.unit_of_work() as session:
        operators.report(session, extension="8003", action=SeatAction.HANG_UP, at=now())
    assert hand_over(town, call_id, scoped.id, scope_note="领导同意").scope_note == "领导同意"
    with pytest.raises(Conflict, match="另一承办单位"):
        hand_over(town, call_id, scoped.id, scope_note="领导同意")


def test_a_leader_who_has_not_sat_down_is_not_rung(town: Town) -> None:
    with db.unit_of_work() as session:
        operators.act(session, action=SeatAction.LOG_OUT, by=town.people["周领导"])
    shift, call_id = town.shift(), town.talk()
    with pytest.raises(Conflict, match="还没有上席"):
        hand_over(town, call_id, shift.id)
    assert town.telephony.asked == []


def test_out_of_scope_goes_back_to_the_queue_or_to_the_operator_still_there(town: Town) -> None:
    leader, shift = town.people["周领导"], town.shift()
    first = town.talk()
    contact = hand_over(town, first, shift.id)
    town.answers(first)
    town.alone_with_leader(first)
    with pytest.raises(Invalid, match="原因"):
        contacts.give_back(town.telephony, contact_id=contact.id, reason=" ", by=leader)
    with pytest.raises(Forbidden):
        contacts.give_back(town.telephony, contact_id=contact.id, reason="范围外", by=town.people["陆记录"])
    given = contacts.give_back(town.telephony, contact_id=contact.id, reason="范围外", by=leader)
    assert given.result is ContactResult.RETURNED
    assert town.telephony.verbs()[-2:] == ["requeue", "hang_up"]
    town.ends(first)

    second = town.talk()
    contact = hand_over(town, second, shift.id)
    town.answers(second)
    town.telephony.asked.clear()
    contacts.give_back(town.telephony, contact_id=contact.id, reason="范围外", by=leader)
    assert town.telephony.asked == [("hang_up", {"leg": town.leader_leg(second).pbx_key})]


def test_the_leader_may_end_the_talk_but_not_hold_it(town: Town) -> None:
    leader, shift, call_id = town.people["周领导"], town.shift(), town.talk()
    hand_over(town, call_id, shift.id)
    town.answers(call_id)
    town.alone_with_leader(call_id)
    for verb in (conference.hold, conference.merge, conference.drop_department):
        with pytest.raises(Conflict, match="话务员转给您"):
            verb(town.telephony, call_id=call_id, by=leader)
    conference.hang_up(town.telephony, call_id=call_id, by=leader)
    assert town.telephony.verbs()[-1] == "hang_up"


def test_a_call_straight_from_the_queue_and_a_visit(town: Town) -> None:
    shift, leader = town.shift(), town.people["周领导"]
    direct = town.talk("周领导")
    with db.unit_of_work() as session:
        seen, bare = contacts.at_hand(session, shift)
        assert seen is None and bare is not None and bare.id == direct
        one = contacts.open_contact(session, shift_id=shift.id, call_id=direct, brief=WATER, by=leader)
        again = contacts.open_contact(session, shift_id=shift.id, call_id=direct, brief=WATER, by=leader)
        assert one.id == again.id and one.source is ContactSource.DIRECT
        visit = contacts.open_contact(
            session, shift_id=shift.id, call_id=None, brief=WATER, by=leader, idempotency_key="visit-0001"
        )
        assert visit.source is ContactSource.VISIT
        same = contacts.open_contact(
            session, shift_id=shift.id, call_id=None, brief=WATER, by=leader, idempotency_key="visit-0001"
        )
        assert same.id == visit.id
    stranger = town.talk()
    with db.unit_of_work() as session, pytest.raises(Conflict, match="没有接听"):
        contacts.open_contact(session, shift_id=shift.id, call_id=stranger, brief=WATER, by=leader)


def test_leader_and_note_taker_write_one_text(town: Town) -> None:
    shift, call_id = town.shift(), town.talk()
    contact = hand_over(town, call_id, shift.id)
    note_taker, leader = town.people["陆记录"], town.people["周领导"]
    with db.unit_of_work() as session:
        first = instructions.write(
            session, contact_id=contact.id, draft=Draft("请水务公司今日", 0, "一般"), by=note_taker
        )
        assert (first.version, first.written_by) == (1, note_taker.user_id)
    with db.unit_of_work() as session:
        with pytest.raises(Conflict) as stale:
            instructions.write(session, contact_id=contact.id, draft=Draft("另一句", 0, "一般"), by=leader)
        assert stale.value.details == {"text": "请水务公司今日", "version": 1}
    with db.unit_of_work() as session:
        done = Draft("请水务公司今日查明。", 1, "一般")
        assert instructions.write(session, contact_id=contact.id, draft=done, by=leader).version == 2


def test_an_instruction_becomes_one_ticket_with_its_own_clock_and_team(town: Town) -> None:
    shift, call_id = town.shift(), town.talk()
    contact = hand_over(town, call_id, shift.id)
    leader = town.people["周领导"]
    order = Draft("请水务公司今日查明并答复。", 0, "一般", "water")
    with db.unit_of_work() as session, pytest.raises(Forbidden):
        instructions.issue(session, contact_id=contact.id, draft=order, by=town.people["陆记录"])
    with db.unit_of_work() as session, pytest.raises(Invalid, match="批示内容"):
        instructions.issue(session, contact_id=contact.id, draft=replace(order, text=" "), by=leader)
    with db.unit_of_work() as session:
        row = instructions.issue(session, contact_id=contact.id, draft=order, by=leader)
        again = instructions.issue(session, contact_id=contact.id, draft=order, by=leader)
        assert again.id == row.id
        ticket = session.get_one(Ticket, row.ticket_id)
        assert ticket.status is TicketStatus.DISPATCHED
        assert (ticket.profile_code, row.callback_team) == ("LEAD7", "领导批示回访组")
        assert {str(clock.name) for clock in ticket.clocks} == {"sign", "first_contact", "first_result", "close"}
        assert "领导批示（周领导，" in ticket.content and ticket.call_id == call_id
        assert contacts.find(session, contact.id).result is ContactResult.INSTRUCTED
        (tracked,) = instructions.tracked(session, where=Changes(leader_id=leader.user_id, open_only=True))
        assert tracked.ticket.id == ticket.id
        with pytest.raises(Conflict, match="不能再改"):
            contacts.conclude(session, contact_id=contact.id, result=ContactResult.SOLVED, note="已答", by=leader)


def test_the_leaders_team_calls_back_whoever_wrote_the_instruction_down(town: Town) -> None:
    """A supervisor issues it for the leader, on a call that an operator answered and a visit: neither says leader."""
    shift, call_id = town.shift(), town.talk()
    contact = hand_over(town, call_id, shift.id)
    with db.unit_of_work() as session:
        row = instructions.issue(
            session, contact_id=contact.id, draft=Draft("请今日答复。", 0, "一般", "water"), by=town.people["顾班长"]
        )
        other = session.get_one(Ticket, row.ticket_id)
        made = tasks.create(session, ticket=other, by_robot=True, draw_id=None)
        assert (made.team, made.by_robot) == (Team.LEADERS, False)
        assert "专门小组" in tasks.why_not(session, made, town.people["陆记录"])
        (member,) = population.members(session, [other])
        assert ForcedClass.LEADER in member.classes


def test_pressing_matters_get_the_pressing_clock_and_no_unit_waits_for_the_desk(town: Town) -> None:
    shift, call_id = town.shift(), town.talk()
    contact = hand_over(town, call_id, shift.id)
    with db.unit_of_work() as session:
        draft = Draft("立即处置。", 0, "特急")
        row = instructions.issue(session, contact_id=contact.id, draft=draft, by=town.people["顾班长"])
        ticket = session.get_one(Ticket, row.ticket_id)
        assert (ticket.profile_code, ticket.status) == ("T24", TicketStatus.REGISTERED)
        with pytest.raises(Invalid, match="紧急程度"):
            again = Draft("再办。", 0, "马上")
            instructions.issue(session, contact_id=contact.id, draft=again, by=town.people["顾班长"])


def test_solved_on_the_line(town: Town) -> None:
    shift, call_id = town.shift(), town.talk()
    contact = hand_over(town, call_id, shift.id)
    with db.unit_of_work() as session:
        for result, note, complaint in (
            (ContactResult.INSTRUCTED, "x", "请下达批示"),
            (ContactResult.SOLVED, " ", "请写明"),
        ):
            with pytest.raises(Invalid, match=complaint):
                contacts.conclude(session, contact_id=contact.id, result=result, note=note, by=town.people["陆记录"])
        solved = contacts.conclude(
            session, contact_id=contact.id, result=ContactResult.SOLVED, note="已当场答复", by=town.people["陆记录"]
        )
        assert solved.result is ContactResult.SOLVED
    assert stage_of(shift.id) is Stage.RINGING  # the call goes on, and the desk with it
    town.ends(call_id)
    assert stage_of(shift.id) is None


def test_another_leader_does_not_write_on_this_desk(town: Town) -> None:
    other = town.add("吴领导", Role.LEADER)
    contact = hand_over(town, town.talk(), town.shift().id)
    with db.unit_of_work() as session:
        with pytest.raises(Forbidden, match="另一位领导"):
            instructions.write(session, contact_id=contact.id, draft=Draft("改", 0, "一般"), by=other)
        with pytest.raises(Forbidden, match="本人下达"):
            instructions.issue(session, contact_id=contact.id, draft=Draft("改", 0, "一般"), by=other)


def test_a_leader_counts_as_such_in_the_call(town: Town) -> None:
    shift, call_id = town.shift(), town.talk()
    hand_over(town, call_id, shift.id)
    town.answers(call_id)
    with db.reading() as session:
        legs = session.query(Leg).filter_by(call_id=call_id, party=Party.LEADER).all()
        assert [leg.user_id for leg in legs] == [town.id("周领导")]
