"""An operator's day against a real queue: what the seat says and what Asterisk does are the same."""

import re

import pytest

from callcenter.core import db
from callcenter.operators import service as operators
from callcenter.operators.telephony import Membership, PhoneKind
from callcenter.pbx.phones import Phones
from softphone import Phone
from tests.pbx.live.conftest import Hotline, Seat, until

pytestmark = pytest.mark.pbx


def queue_line(hotline: Hotline, seat: Seat) -> str:
    """What Asterisk itself says of the member; empty when it knows none."""
    lines = hotline.line.rx("queue show q12345").splitlines()
    return re.sub(r"\x1b\[[0-9;]*m", "", next((line for line in lines if f"PJSIP/{seat.extension}" in line), ""))


def test_a_day_at_the_desk(hotline: Hotline, citizen: Phone, extension: str, number: str) -> None:
    seat = hotline.seat(extension)
    assert "王小明" in queue_line(hotline, seat)
    assert "paused" not in queue_line(hotline, seat)

    seat.post("/api/operators/me/pause", reason="用餐")
    assert seat.wait_state("break")["reason"] == "用餐"
    assert "paused:用餐" in queue_line(hotline, seat)

    seat.post("/api/operators/me/ready")
    assert "paused" not in queue_line(hotline, seat)

    caller = citizen.call("12345", from_number=number)
    ringing = seat.phone.wait_ring(15)
    state = seat.wait_state("ringing")
    call_id = hotline.line.call_id(number)
    assert state["call_id"] == call_id
    assert seat.record(call_id)["state"] == "ringing"

    operator = ringing.answer()
    assert seat.wait_state("on_call")["call_id"] == call_id
    talk = seat.wait_call(call_id, state="talking", operator_id=seat.user_id)
    assert talk["queued_at"] <= talk["rang_at"] <= talk["answered_at"]
    seat.post("/api/operators/me/logout", status=409)

    operator.hang_up()
    assert seat.wait_state("wrap_up")["call_id"] == call_id
    until(lambda: "paused:话后处理" in queue_line(hotline, seat))
    seat.wait_call(call_id, state="survey")
    caller.hang_up()
    done = seat.wait_call(call_id, state="ended", outcome="answered", ended_by="operator", end_stage="survey")
    assert done["survey"]["status"] == "abandoned"

    seat.post("/api/operators/me/wrap-up/done")
    assert "paused" not in queue_line(hotline, seat)
    seat.post("/api/operators/me/logout")
    assert queue_line(hotline, seat) == ""
    states = [
        period["state"]
        for period in seat.client.get(
            f"/api/operators/{seat.user_id}/periods",
            params={"since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"},
            headers=seat.headers,
        ).json()
    ]
    assert states == ["offline", "ready", "break", "ready", "ringing", "on_call", "wrap_up", "ready", "offline"]


def test_a_caller_who_gives_up_while_it_rings_frees_the_operator(
    hotline: Hotline, citizen: Phone, extension: str, number: str
) -> None:
    seat = hotline.seat(extension)
    caller = citizen.call("12345", from_number=number)
    ringing = seat.phone.wait_ring(15)
    seat.wait_state("ringing")
    caller.hang_up()
    ringing.wait_ended()
    seat.wait_state("ready")
    call_id = hotline.line.call_id(number)
    record = seat.wait_call(call_id, state="ended", outcome="missed", ended_by="caller", end_stage="queue")
    assert [leg["cause"] for leg in record["legs"] if leg["party"] == "operator"] == ["cancelled"]
    callbacks = seat.get("/api/callbacks?state=open")["items"]
    assert [item["kind"] for item in callbacks if item["call_id"] == call_id] == ["missed"]
    assert number not in str(callbacks)


def test_an_operator_who_declines_is_offered_the_caller_again(
    hotline: Hotline, citizen: Phone, extension: str, number: str
) -> None:
    seat = hotline.seat(extension)
    caller = citizen.call("12345", from_number=number)
    seat.phone.wait_ring(15).reject(486)
    call_id = hotline.line.call_id(number)
    leg = seat.wait_leg(call_id, "operator", answered_at=None)
    assert leg["cause"] in ("", "busy", "no_answer")
    caller.hang_up()
    seat.wait_call(call_id, state="ended", outcome="missed")


def test_an_unattended_phone_is_taken_out_of_the_queue(
    hotline: Hotline, citizen: Phone, extension: str, number: str
) -> None:
    seat = hotline.seat(extension)
    caller = citizen.call("12345", from_number=number)
    seat.phone.wait_ring(15)
    assert seat.wait_state("break", seconds=30)["reason"] == "无应答"
    leg = seat.wait_leg(hotline.line.call_id(number), "operator", cause="no_answer")
    assert leg["answered_at"] is None
    assert "paused" in queue_line(hotline, seat)
    caller.hang_up()
    seat.post("/api/operators/me/ready")
    assert "paused" not in queue_line(hotline, seat)


def test_after_a_restart_the_queues_follow_the_seats(hotline: Hotline, extension: str) -> None:
    seat = hotline.seat(extension)
    hotline.line.rx(f"queue remove member PJSIP/{extension} from q12345")
    hotline.line.rx("queue add member PJSIP/stranger to q12345")
    hotline.line.rx("queue add member PJSIP/9999 to q12345")
    hotline.listener.ami.catch_up()
    until(lambda: "9999" not in hotline.control.memberships())
    assert hotline.control.memberships()[extension] == Membership(frozenset({"q12345"}))
    hotline.line.rx("queue remove member PJSIP/stranger from q12345")
    assert seat.get("/api/operators/me")["state"] == "ready"


def test_catching_up_makes_anew_only_phones_that_are_not_as_they_should_be(
    hotline: Hotline, extension: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seat = hotline.seat(extension)
    made: list[str] = []
    put = Phones.put

    def seen(self: Phones, extension: str, password: str, kind: PhoneKind) -> None:
        made.append(extension)
        put(self, extension, password, kind)

    monkeypatch.setattr(Phones, "put", seen)

    def catch_up() -> None:
        hotline.listener.ami.catch_up()
        until(lambda: not hotline.listener.ami.must_catch_up, "never caught up")

    catch_up()
    assert made == [], "a phone that is made anew cannot be rung for a moment"
    with db.unit_of_work() as session:
        operators.seat(session, user_id=seat.user_id).phone = PhoneKind.BROWSER
    catch_up()
    assert made == [extension]
    hotline.control.remove_phone(extension)
    catch_up()
    assert made == [extension] * 2
    catch_up()
    assert made == [extension] * 2
