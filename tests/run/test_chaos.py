"""Every part of the hotline but the telephone itself is killed in mid-call: the talk goes on, the record is whole."""

import os
import signal
import time
from typing import Any

import pytest

from demo.api import Api, until
from softphone import CITIZEN_HZ, OPERATOR_HZ, CallLeg, Phone
from tests.run.conftest import Running, both_hear

pytestmark = [pytest.mark.run, pytest.mark.timeout(180)]

ROLES = ("web", "agi", "listen", "work", "asr", "redis")
RESTART_SECONDS = 40


def connect(api: Api, phones: tuple[Phone, Phone], number: str) -> tuple[str, CallLeg, CallLeg]:
    """A call in steady talk, both sides sending their tone."""
    citizen, operator = phones
    until("the seat to be ready", lambda: _ready(api), 30)
    caller = citizen.call("12345", from_number=number)
    taken = operator.wait_ring(30).answer()
    caller.tone(CITIZEN_HZ)
    taken.tone(OPERATOR_HZ)
    both_hear(caller, taken)
    call_id = until("the call's record", lambda: _living(api))
    return call_id, caller, taken


def _ready(api: Api) -> Any:
    """Wrap-up of the call before is over and the seat is ready again."""
    me = api.get("/api/me")["id"]
    state = next(seat["state"] for seat in api.get("/api/operators") if seat["user_id"] == me)
    if state == "wrap_up":
        api.post("/api/operators/me/wrap-up/done")
    elif state == "break":
        api.post("/api/operators/me/ready")
    return state == "ready"


def _living(api: Api) -> str:
    calls = api.get("/api/calls")["items"]
    return next((call["id"] for call in calls if call["ended_at"] is None), "")


@pytest.mark.parametrize("role", ROLES)
def test_a_killed_part_harms_no_call(running: Running, api: Api, phones: tuple[Phone, Phone], role: str) -> None:
    number = f"1380000{ROLES.index(role):04d}"
    call_id, caller, taken = connect(api, phones, number)
    killed = running.pid(role)
    os.kill(killed, signal.SIGKILL)
    ends = time.monotonic() + 2
    while time.monotonic() < ends:
        both_hear(caller, taken)
    until(f"{role} to be back", lambda: _restarted(running, role, killed), RESTART_SECONDS)
    both_hear(caller, taken)
    taken.hang_up()
    caller.hang_up()
    record = until("the end of the record", lambda: _ended(api, call_id), RESTART_SECONDS)
    assert record["outcome"] == "answered"
    assert record["answered_at"]
    assert {leg["party"] for leg in record["legs"]} == {"caller", "operator"}
    assert all(leg["left_at"] for leg in record["legs"])
    assert record["recording"]["url"]


def _restarted(running: Running, role: str, killed: int) -> bool:
    try:
        return running.pid(role) != killed
    except AssertionError:
        return False


def _ended(api: Api, call_id: str) -> Any:
    try:
        record = api.get(f"/api/calls/{call_id}")
    except Exception:
        return None  # the web role may be the one that is coming back
    return record if record["ended_at"] else None


def test_nothing_is_left_when_the_hotline_stops(running: Running) -> None:
    pids = {role: running.pid(role) for role in (*ROLES, "asterisk")}
    running.hotline.stop()
    left = [role for role, pid in pids.items() if _is_alive(pid)]
    assert not left


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
