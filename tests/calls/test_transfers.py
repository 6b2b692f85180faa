"""Transfers, slips and a phone that comes back, as asked over HTTP; what each hears is in tests/pbx/live."""

import math
import struct
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from callcenter.accounts import service as accounts
from callcenter.calls import waveform
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.security import SYSTEM, Role
from callcenter.operators import service as operators
from callcenter.operators.lifecycle import SeatAction
from tests.calls.test_api import CALL, Headers, operator, record, steer, talking, telephony, tell  # noqa: F401
from tests.fakes import FakeTelephony

pytestmark = pytest.mark.api

Steer = Callable[..., tuple[int, str]]
SLIP = {"said": "燃气泄漏，请回电13800001234", "place": "解放路8号", "person": "王先生"}


@pytest.fixture
def colleague() -> int:
    """Another seat, ready."""
    with db.unit_of_work() as session:
        user = accounts.create_user(
            session, username="lu", name="陆建明", password="correct-horse", roles=[Role.OPERATOR]
        )
        operators.create_operator(session, user_id=user.id, extension="8002", queues=["q12345"], by=SYSTEM)
        operators.act(session, action=SeatAction.LOG_IN, by=user.as_actor())
        return user.id


def seat_of(user_id: int) -> tuple[str, str | None]:
    with db.reading() as session:
        seat = operators.seat(session, user_id=user_id)
        return seat.state.value, seat.call_id


def test_a_colleague_is_rung_with_a_slip(
    client: TestClient,
    telephony: FakeTelephony,  # noqa: F811
    talking: Headers,  # noqa: F811
    steer: Steer,  # noqa: F811
    colleague: int,
) -> None:
    assert steer("consult", user_id=colleague, slip=SLIP)[0] == 202
    verb, asked = telephony.asked[-1]
    assert (verb, asked["extension"], asked["operator"]) == ("consult_seat", "8002", "op")
    assert seat_of(colleague) == ("ringing", CALL)
    (slip,) = record(client, talking)["hand_overs"]
    assert (slip["place"], slip["made_by_name"]) == ("解放路8号", "王小明")
    assert "13800001234" not in str(slip)
    assert steer("consult", user_id=colleague) == (409, "call_conflict")
    changed = client.put(f"/api/calls/{CALL}/hand-overs/{slip['id']}", headers=talking, json={"said": "已关阀"})
    assert (changed.json()["said"], changed.json()["place"]) == ("已关阀", "")


def test_a_slip_is_changed_by_its_writer_only(
    client: TestClient,
    talking: Headers,  # noqa: F811
    steer: Steer,  # noqa: F811
    login: Callable[..., Headers],
) -> None:
    steer("consult", number="110", together=True, slip=SLIP)
    (slip,) = record(client, talking)["hand_overs"]
    path = f"/api/calls/{CALL}/hand-overs/{slip['id']}"
    assert client.put(path, headers=login(Role.LEADER), json=SLIP).json()["error"] == "slip_not_found"
    assert client.put(f"/api/calls/other/hand-overs/{slip['id']}", headers=talking, json=SLIP).status_code == 404


def test_a_colleague_who_cannot_be_called_is_free_again(
    telephony: FakeTelephony,  # noqa: F811
    steer: Steer,  # noqa: F811
    colleague: int,
) -> None:
    telephony.fail = {"consult_seat"}
    assert steer("consult", user_id=colleague) == (503, "telephony_unavailable")
    assert seat_of(colleague)[0] == "ready"
    with db.unit_of_work() as session:
        operators.report(session, extension="8002", action=SeatAction.ANSWER, at=now(), call_id="other")
    telephony.fail = set()
    assert steer("consult", user_id=colleague) == (409, "seat_not_ready")
    assert steer("consult", user_id=999999) == (404, "no_seat")


def test_an_emergency_does_not_wait_on_music(telephony: FakeTelephony, steer: Steer) -> None:  # noqa: F811
    tell(lambda story: story.party(20, "caller", "hold"))
    assert steer("consult", number="110", together=True) == (409, "call_conflict")
    tell(lambda story: story.party(21, "caller", "room"))
    assert steer("consult", number="110", together=True)[0] == 202
    assert telephony.asked[-1][1]["together"] is True


def test_a_queue_takes_the_caller_only_with_somebody_there(
    client: TestClient,
    telephony: FakeTelephony,  # noqa: F811
    talking: Headers,  # noqa: F811
    steer: Steer,  # noqa: F811
    colleague: int,
) -> None:
    assert steer("requeue", queue="qleader") == (409, "seat_not_ready")
    assert steer("requeue", queue="q;Hangup") == (422, "invalid_request")
    assert steer("requeue", queue="q12345", slip=SLIP)[0] == 202
    assert ("requeue", {"caller": f"{CALL}-caller", "queue": "q12345"}) in telephony.asked
    assert telephony.asked[-1] == ("hang_up", {"leg": "op"})
    assert record(client, talking)["hand_overs"][0]["queue"] == "q12345"
    targets = client.get("/api/transfer-targets", headers=talking).json()
    assert [(seat["extension"], seat["ready"]) for seat in targets["seats"]] == [("8002", True)]
    assert targets["queues"] == [{"name": "q12345", "label": "热线话务员", "ready": 1, "at_work": 1}]


def test_a_phone_comes_back_once(
    client: TestClient,
    telephony: FakeTelephony,  # noqa: F811
    talking: Headers,  # noqa: F811
    steer: Steer,  # noqa: F811
) -> None:
    assert steer("come-back") == (202, "")
    assert steer("come-back") == (202, "")
    assert telephony.verbs().count("bring_back") == 1
    asked: dict[str, Any] = telephony.asked[-1][1]
    tell(lambda story: story.party(30, "operator", "room", key=asked["leg"]))
    assert record(client, talking)["state"] == "talking"
    tell(lambda story: story.party(31, "operator", "left"))
    found = record(client, talking)
    assert (found["state"], found["operator_left_at"]) == ("talking", None)
    assert steer("hang-up") == (202, "")
    assert telephony.asked[-1] == ("hang_up", {"leg": asked["leg"]})


def test_a_phone_that_cannot_be_rung_may_be_tried_again(telephony: FakeTelephony, steer: Steer) -> None:  # noqa: F811
    telephony.fail = {"bring_back"}
    assert steer("come-back") == (503, "telephony_unavailable")
    telephony.fail = set()
    assert steer("come-back") == (202, "")
    tell(lambda story: story.end(60, "talk"))
    assert steer("come-back") == (409, "call_over")


def write(path: Path, loudness: list[float]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        for level in loudness:
            samples = [int(32767 * level * math.sin(n / 4)) for n in range(800)]
            file.writeframes(struct.pack(f"<{len(samples)}h", *samples))


def test_the_shape_of_a_recording(tmp_path: Path) -> None:
    write(tmp_path / "x.wav", [0.0, 0.5, 1.0, 0.1])
    shape = waveform.peaks(tmp_path / "x.wav", 4)
    assert shape == pytest.approx([0.0, 0.5, 1.0, 0.1], abs=0.02)
    assert len(waveform.peaks(tmp_path / "x.wav", 400)) == 400
    (tmp_path / "half.wav").write_bytes(b"RIFF")
    assert waveform.peaks(tmp_path / "half.wav", 10) == []
