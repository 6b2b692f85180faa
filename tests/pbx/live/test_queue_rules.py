"""Queue rules proven by the order of answering: real callers, the real route_call, one operator who takes one each."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agi_scripts.server import AgiServer
from callcenter.calls.lifecycle import CallState
from callcenter.calls.models import Call
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.directory import arrivals, lines, queues
from callcenter.operators import service as operators
from callcenter.settings import get_settings
from callcenter.tickets.lifecycle import TicketStatus
from callcenter.tickets.models import Ticket
from softphone import CITIZEN_HZ, OPERATOR_HZ, CallLeg, Phone, wait_tone
from tests.pbx.conftest import hear
from tests.pbx.live.conftest import Hotline, Seat, until

pytestmark = pytest.mark.pbx

ARRIVALS = """rule\tvalue\tqueue\tnote
keep_place\t30\t\t
repeat_priority\t5\t\t
hard_case\t3\tqparty\t
last_operator\t6\t\t
"""


@pytest.fixture(autouse=True)
def city(hotline: Hotline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The router at work, with tables of its own that are the same at any hour."""
    folder = tmp_path / "city"
    shutil.copytree(get_settings().city_dir, folder)
    (folder / arrivals.ARRIVALS_FILE).write_text(ARRIVALS)
    (folder / arrivals.ONCALL_FILE).write_text("days\thours\tname\tnumber\n")
    settings = get_settings().model_copy(update={"city_dir": folder})
    for module in (arrivals, queues, lines):
        monkeypatch.setattr(module, "get_settings", lambda: settings)
    with AgiServer((hotline.settings.agi_host, hotline.settings.agi_port), seconds=1.8):
        yield folder


@pytest.fixture
def seat(hotline: Hotline, extension: str) -> Seat:
    made = hotline.seat(extension)
    made.post("/api/operators/me/pause", reason="先让来电排队")
    return made


@pytest.fixture
def numbers(number: str) -> list[str]:
    return [f"{int(number) + step}" for step in range(8)]


Join = Callable[[str], CallLeg]


@pytest.fixture
def join(hotline: Hotline, citizen: Phone) -> Join:
    """A caller who stands in the queue, and whom the database knows to stand there."""

    def call(number: str) -> CallLeg:
        known = len([fact for fact in hotline.line.journal() if fact.get("Caller") == number])
        leg = citizen.call("12345", from_number=number)
        until(lambda: len([fact for fact in hotline.line.journal() if fact.get("Caller") == number]) > known)
        call_id = [fact for fact in hotline.line.journal() if fact.get("Caller") == number][-1]["CallUUID"]
        hotline.line.wait_fact(call_id, "QueueJoined")
        until(lambda: f"{number}" in hotline.line.ami("QueueStatus", Queue="q12345"), "not in the queue")
        hotline.seats[0].wait_call(call_id, state="queued")
        return leg

    return call


def order_of_answering(seat: Seat, count: int) -> list[str]:
    """Who is offered to the operator, one after the other; each talk is a short one."""
    seen = []
    seat.post("/api/operators/me/ready")
    for _ in range(count):
        ring = seat.phone.wait_ring(20)
        seen.append(ring.caller_number)
        talk = ring.answer()
        time.sleep(0.4)
        talk.hang_up()
        until(lambda: seat.get("/api/operators/me")["state"] == "wrap_up")
        seat.post("/api/operators/me/wrap-up/done")
    return seen


def test_first_come_first_served_and_repeat_callers_ahead(
    hotline: Hotline, seat: Seat, join: Join, citizen: Phone, numbers: list[str]
) -> None:
    first, second, repeat = numbers[:3]
    seat.post("/api/operators/me/ready")
    earlier = hotline.talk(citizen, seat, repeat)
    earlier.citizen.hang_up()
    seat.wait_state("wrap_up")
    seat.post("/api/operators/me/pause", reason="先让来电排队")
    legs = [join(first), join(second), join(repeat)]
    assert order_of_answering(seat, 3) == [repeat, first, second]
    for leg in legs:
        leg.hang_up()


def test_who_gave_up_keeps_the_place_they_had_waited_for(seat: Seat, join: Join, numbers: list[str]) -> None:
    gone, early, late, last = numbers[:4]
    waited = join(gone)
    time.sleep(8)
    waited.hang_up()
    legs = [join(early)]
    time.sleep(4)
    legs.append(join(late))
    legs.append(join(gone))
    legs.append(join(last))
    answered = order_of_answering(seat, 4)
    for leg in legs:
        leg.hang_up()
    assert answered.index(gone) < answered.index(late) < answered.index(last)
    assert answered.index(early) < answered.index(late)


def test_the_operator_of_the_open_ticket_is_rung_first(
    hotline: Hotline, seat: Seat, citizen: Phone, numbers: list[str]
) -> None:
    other = hotline.seat(f"6{time.monotonic_ns() // 1000 % 10**6:06d}")
    seat.post("/api/operators/me/ready")
    other.post("/api/operators/me/pause", reason="让另一位先接")
    talk = hotline.talk(citizen, seat, numbers[0])
    with db.unit_of_work() as session:
        session.add(_ticket(talk.call_id, seat.user_id))
    talk.citizen.hang_up()
    seat.wait_state("wrap_up")
    seat.post("/api/operators/me/wrap-up/done")
    other.post("/api/operators/me/ready")
    for _ in range(2):  # by turns it would be the other one's at least once
        caller = citizen.call("12345", from_number=numbers[0])
        desk = seat.phone.wait_ring(10).answer()
        desk.tone(OPERATOR_HZ)
        caller.tone(CITIZEN_HZ)
        wait_tone(caller, OPERATOR_HZ)
        wait_tone(desk, CITIZEN_HZ)
        assert seat.wait_state("on_call")["call_id"]
        caller.hang_up()
        seat.wait_state("wrap_up")
        seat.post("/api/operators/me/wrap-up/done")
    seat.post("/api/operators/me/pause", reason="用餐")
    caller = citizen.call("12345", from_number=numbers[0])
    other.phone.wait_ring(10)
    caller.hang_up()


def test_an_operator_who_does_not_answer_costs_only_seconds(
    hotline: Hotline, seat: Seat, citizen: Phone, numbers: list[str]
) -> None:
    other = hotline.seat(f"6{time.monotonic_ns() // 1000 % 10**6:06d}")
    seat.post("/api/operators/me/ready")
    with db.unit_of_work() as session:
        at = now()
        session.add(Call(id="before", caller_number=numbers[0], started_at=at, state_at=at, state=CallState.ENDED))
        session.flush()
        session.add(_ticket("before", seat.user_id))
        operators.seat_of(session, user_id=seat.user_id).ranks = {"q12345": 5}
    hotline.listener.ami.catch_up()
    until(lambda: hotline.control.memberships()[seat.extension].ranks)
    caller = citizen.call("12345", from_number=numbers[0])
    ring = seat.phone.wait_ring(10)
    seat.wait_state("ringing")
    desk = other.phone.wait_ring(15).answer()
    ring.wait_ended(1)
    seat.wait_state("ready")
    desk.tone(OPERATOR_HZ)
    wait_tone(caller, OPERATOR_HZ)
    caller.hang_up()


def _ticket(call_id: str, user_id: int) -> Ticket:
    texts = dict.fromkeys(
        ("kind", "topic", "urgency", "outcome", "title", "content", "place", "town", "verdict", "profile_code"), ""
    )
    return Ticket(
        number=call_id, call_id=call_id, status=TicketStatus.HANDLING, is_secret=False, suggestion={},
        registered_at=now(), registered_by=user_id, **texts,
    )  # fmt: skip


def test_a_hard_case_reaches_the_party_members_seat(
    hotline: Hotline, seat: Seat, citizen: Phone, numbers: list[str]
) -> None:
    seat.post("/api/operators/me/ready")
    party = hotline.seat(f"6{time.monotonic_ns() // 1000 % 10**6:06d}")
    with db.unit_of_work() as session:
        operators.seat_of(session, user_id=party.user_id).queues = ["qparty"]
    hotline.listener.ami.catch_up()
    until(lambda: hotline.control.memberships()[party.extension].queues == {"qparty"})
    for _ in range(3):
        caller = citizen.call("12345", from_number=numbers[0])
        seat.phone.wait_ring(10)
        caller.hang_up()
        seat.wait_state("ready")
    caller = citizen.call("12345", from_number=numbers[0])
    party.phone.wait_ring(10)
    caller.hang_up()


def test_overload_offers_a_callback_and_only_then(
    hotline: Hotline, seat: Seat, join: Join, citizen: Phone, city: Path, numbers: list[str]
) -> None:
    table = city / queues.QUEUES_FILE
    table.write_text(table.read_text().replace("综合受理\t综合\t20\t180", "综合受理\t综合\t2\t"))
    legs = [join(numbers[0]), join(numbers[1])]
    third = citizen.call("12345", from_number=numbers[2])
    hear(third, "overload-offer")
    third.send_dtmf("1")
    hear(third, "callback-confirmed")
    third.wait_ended()
    asked = hotline.line.wait_fact(hotline.line.call_id(numbers[2]), "CallbackRequest")
    assert (asked["Kind"], asked["Number"]) == ("key", numbers[2])
    fourth = citizen.call("12345", from_number=numbers[3])
    hear(fourth, "overload-offer")
    assert order_of_answering(seat, 3) == [numbers[0], numbers[1], numbers[3]]
    for leg in (*legs, fourth):
        leg.hang_up()


def test_people_on_call_are_rung_in_order_when_no_seat_answers(
    citizen: Phone, outside: Phone, city: Path, hotline: Hotline, numbers: list[str]
) -> None:
    rows = ["days\thours\tname\tnumber", "all\t00:00-12:00\t甲\t85010001", "all\t12:00-00:00\t甲\t85010001"]
    rows += ["all\t00:00-12:00\t乙\t85010002", "all\t12:00-00:00\t乙\t85010002"]
    (city / arrivals.ONCALL_FILE).write_text("\n".join(rows) + "\n")
    caller = citizen.call("12345", from_number=numbers[0])
    outside.wait_ring(10, number="85010001").reject(486)
    desk = outside.wait_ring(10, number="85010002").answer()
    desk.tone(OPERATOR_HZ)
    wait_tone(caller, OPERATOR_HZ)
    caller.hang_up()
