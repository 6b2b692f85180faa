"""The listener away, or the PBX gone: calls go on, and the record is complete afterwards."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from callcenter.calls.models import Call, CallbackRequest
from callcenter.core import alive, db
from callcenter.pbx import asterisk
from callcenter.pbx.listener import Listener
from softphone import DEPARTMENT_HZ, OPERATOR_HZ, Phone, wait_tone
from tests.pbx.conftest import TRUNK_IP, make_prompts, make_settings
from tests.pbx.live.conftest import UNIT_NUMBER, Hotline, until

pytestmark = pytest.mark.pbx


@contextmanager
def listener_process(hotline: Hotline) -> Iterator["subprocess.Popen[bytes]"]:
    """`callcenter listen` as it runs in production."""
    settings = hotline.line.settings
    alive.clear(settings, "listen")
    values = settings.model_dump(mode="json") | {
        "database_url": str(hotline.engine.url),
        "asr_http_url": "http://127.0.0.1:9",
    }
    environment = {f"CALLCENTER_{name.upper()}": str(value) for name, value in values.items() if value is not None}
    process = subprocess.Popen([sys.executable, "-m", "callcenter", "listen"], env={**os.environ, **environment})
    try:
        until(lambda: alive.is_marked(settings, "listen"), "the listener never got ready", 20)
        yield process
        if process.poll() is None:
            process.terminate()
            assert process.wait(15) == 0, "SIGTERM is a clean end"
    finally:
        process.kill()
        process.wait(10)


def test_killed_in_mid_call_and_started_again(
    hotline: Hotline, citizen: Phone, outside: Phone, extension: str, number: str
) -> None:
    hotline.listener.close()
    with listener_process(hotline) as process:
        seat = hotline.seat(extension)
        talk = hotline.talk(citizen, seat, number)
        process.kill()
        process.wait(10)
        # The line needs no listener: the department is called, all three talk, the operator leaves.
        seat.steer(talk.call_id, "consult", unit_id="water")
        department = outside.wait_ring(10, number=UNIT_NUMBER).answer()
        department.tone(DEPARTMENT_HZ)
        wait_tone(talk.operator, DEPARTMENT_HZ, 10)
        caller_key = hotline.line.facts(talk.call_id, "CallStart")[0]["Leg"]
        hotline.control.join(talk.call_id, caller=caller_key)
        wait_tone(talk.citizen, DEPARTMENT_HZ, 10)
        wait_tone(talk.citizen, OPERATOR_HZ, 10)
        assert seat.record(talk.call_id)["state"] == "talking", "nobody has told the database yet"
    with listener_process(hotline):
        seat.wait_call(talk.call_id, state="conference")
        talk.operator.hang_up()
        department.hang_up()
        seat.wait_call(talk.call_id, state="survey")
        talk.citizen.hang_up()
        record = seat.wait_call(talk.call_id, state="ended", outcome="answered", seen_late=False)
    assert [p["how"] for p in record["presences"] if p["party"] == "caller"] == ["talk", "hold", "talk"]
    assert [p["how"] for p in record["presences"] if p["party"] == "department"] == ["consult", "talk"]
    assert all(leg["left_at"] for leg in record["legs"])
    assert len(record["timeline"]) == len(hotline.line.facts(talk.call_id))
    assert record["survey"]["status"] == "abandoned"
    seat.wait_state("wrap_up")


def test_a_call_that_began_and_ended_unheard(hotline: Hotline, citizen: Phone, extension: str, number: str) -> None:
    seat = hotline.seat(extension)
    seat.post("/api/operators/me/pause", reason="培训")
    hotline.listener.close()
    caller = citizen.call("12345", from_number=number)
    call_id = hotline.line.call_id(number)
    hotline.line.wait_fact(call_id, "QueueJoined")
    caller.hang_up()
    hotline.line.wait_fact(call_id, "CallEnd")
    with db.reading() as session:
        assert session.get(Call, call_id) is None
    hotline.listener = Listener(hotline.settings).start()
    record = seat.wait_call(call_id, state="ended", outcome="missed", seen_late=False, caller_number=masked(number))
    assert record["queued_at"]
    with db.reading() as session:
        owed = select(CallbackRequest.kind).where(CallbackRequest.call_id == call_id)
        assert session.scalars(owed).all() == ["missed"]


def masked(number: str) -> str:
    return f"{number[:3]}****{number[-4:]}"


def test_everything_told_twice_changes_nothing(hotline: Hotline, citizen: Phone, extension: str, number: str) -> None:
    seat = hotline.seat(extension)
    talk = hotline.talk(citizen, seat, number)
    talk.operator.hang_up()
    talk.citizen.hang_up()
    before = seat.wait_call(talk.call_id, state="ended")
    until(lambda: seat.record(talk.call_id)["legs"][1]["left_at"])
    before = seat.record(talk.call_id)
    hotline.listener.close()
    hotline.listener = Listener(hotline.settings).start()
    assert hotline.listener.ami.wait_connected(10)
    alive.clear(hotline.settings, "listen")
    until(lambda: alive.is_marked(hotline.settings, "listen"))
    assert seat.record(talk.call_id) == before


def test_the_pbx_dies_in_mid_call(hotline: Hotline, tmp_path: Path) -> None:
    """Its calls are over with it: closed as seen late, and the caller is owed a call."""
    hotline.listener.close()
    settings = make_settings(tmp_path).model_copy(update={"asr_http_url": "http://127.0.0.1:9"})
    make_prompts(settings.data_dir / "prompts" / "zh")
    with asterisk.running(settings) as process:
        hotline.listener = Listener(settings).start()
        with Phone("citizen", (settings.sip_host, settings.sip_port), bind_ip=TRUNK_IP) as citizen:
            citizen.call("12345", from_number=LOST_CALLER)
            until(_calls, "the call was never written")
            process.kill()
    with asterisk.running(settings):
        until(lambda: all(call.is_over for call in _calls()), "the lost call was never closed", 20)
    (call,) = _calls()
    assert call.seen_late
    assert call.outcome == "missed"


LOST_CALLER = "13900000001"


def _calls() -> list[Call]:
    """Without those whom the other exchange's journal tells of."""
    with db.unit_of_work() as session:
        return list(session.scalars(select(Call).where(Call.caller_number == LOST_CALLER)))
