"""Calls over HTTP: lists, the record, steering, recordings, numbers, callbacks."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from callcenter.calls import recordings
from callcenter.calls.models import Party
from callcenter.calls.service import line
from callcenter.core import db
from callcenter.core.audit import AuditEntry
from callcenter.core.security import SYSTEM, Role
from callcenter.directory.models import Unit
from callcenter.operators import service as operators
from callcenter.settings import Settings
from callcenter.tickets.service import register_from_decision
from tests.calls.conftest import Story
from tests.fakes import FakeTelephony
from tests.tickets.conftest import NOISE

pytestmark = pytest.mark.api

Headers = dict[str, str]
CALL = Story.call_id


@pytest.fixture
def telephony(client: TestClient) -> Iterator[FakeTelephony]:
    fake = FakeTelephony()
    client.app.state.telephony = fake  # type: ignore[attr-defined]
    yield fake


@pytest.fixture
def operator(client: TestClient, login: Callable[..., Headers]) -> Headers:
    headers = login(Role.OPERATOR)
    user_id = client.get("/api/me", headers=headers).json()["id"]
    with db.unit_of_work() as session:
        operators.create_operator(session, user_id=user_id, extension="8001", queues=["q12345"], by=SYSTEM)
        session.add(Unit(id="water", name="自来水", kind="utility", accepts_dispatch=True, duty_number="057312340001"))
        session.add(Unit(id="mute", name="无值班", kind="department", accepts_dispatch=True))
    return headers


def tell(step: Callable[[Story], Any]) -> None:
    with db.unit_of_work() as session:
        step(Story(session, extension="8001"))


@pytest.fixture
def talking(operator: Headers) -> Headers:
    """The operator is in a talk."""
    for step in (
        lambda story: story.start(),
        lambda story: story.queue(5),
        lambda story: story.party(10, "operator", "talk"),
    ):
        tell(step)
    return operator


@pytest.fixture
def steer(client: TestClient, telephony: FakeTelephony, talking: Headers) -> Callable[..., tuple[int, str]]:
    """POST a verb as the operator; status and error code."""

    def _steer(verb: str, call: str = CALL, **body: str) -> tuple[int, str]:
        answer = client.post(f"/api/calls/{call}/{verb}", headers=talking, json=body or None)
        return answer.status_code, (answer.json() or {}).get("error", "")

    return _steer


def record(client: TestClient, headers: Headers) -> dict[str, Any]:
    answer = client.get(f"/api/calls/{CALL}", headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_one_record(client: TestClient, talking: Headers) -> None:
    found = record(client, talking)
    assert {"legs", "presences", "recording", "transcript", "tickets", "survey", "timeline"} <= found.keys()
    assert (found["state"], found["caller_number"]) == ("talking", "139****5678")
    assert "13912345678" not in str(found)
    assert [(leg["party"], leg["number"]) for leg in found["legs"]] == [("caller", "139****5678"), ("operator", "8001")]
    missing = client.get("/api/calls/nothing", headers=talking)
    assert (missing.status_code, missing.json()["error"]) == (404, "call_not_found")


def test_one_record_says_what_the_caller_asked_for_before(client: TestClient, talking: Headers) -> None:
    with db.unit_of_work() as session:
        Story(session, call_id="before").start(-600)
        matter = replace(NOISE, call_id="before", lead_unit_id=None, co_unit_ids=(), is_secret=True)
        register_from_decision(session, matter=matter, by=SYSTEM)
    (earlier,) = record(client, talking)["earlier_tickets"]
    assert (earlier["title"], earlier["is_secret"], earlier["status"]) == (NOISE.title, True, "registered")
    assert client.get("/api/calls/before", headers=talking).json()["earlier_tickets"] == []


def test_lists_narrow_and_page(client: TestClient, operator: Headers) -> None:
    for number in range(5):
        with db.unit_of_work() as session:
            story = Story(session, call_id=f"call-{number}")
            story.start(number * 60, number=f"1390000000{number}")
            if number < 3:
                story.end(number * 60 + 5, "greeting")

    def ids(**query: object) -> list[str]:
        answer = client.get("/api/calls", headers=operator, params=query)
        assert answer.status_code == 200, answer.text
        return [call["id"] for call in answer.json()["items"]]

    assert ids() == [f"call-{number}" for number in (4, 3, 2, 1, 0)]
    assert ids(living=True) == ["call-4", "call-3"]
    assert ids(outcome="missed", limit=2) == ["call-2", "call-1"]
    assert ids(outcome="missed", limit=2, before="call-1") == ["call-0"]
    assert ids(number="+8613900000003") == ["call-3"]
    assert ids(since=Story.at(60).isoformat(), until=Story.at(180).isoformat()) == ["call-2", "call-1"]
    assert client.get("/api/calls?limit=0", headers=operator).status_code == 422
    assert client.get("/api/calls?nonsense=1", headers=operator).status_code == 422


def test_consult_merge_leave_as_asked(
    client: TestClient, telephony: FakeTelephony, talking: Headers, steer: Callable[..., tuple[int, str]]
) -> None:
    assert steer("consult", unit_id="water") == (202, "")
    verb, asked = telephony.asked[-1]
    assert (verb, asked["numbers"], asked["operator"]) == ("consult", ["057312340001", "85000103"], "op")
    department = record(client, talking)["legs"][-1]
    assert (department["unit_id"], department["answered_at"]) == ("water", None)
    tell(lambda story: story.party(20, "caller", "hold"))
    assert steer("consult", number="12319") == (409, "call_conflict")
    assert steer("merge") == (409, "call_conflict")
    tell(lambda story: story.party(25, "department", "room", key=str(asked["department"])))
    assert steer("resume") == (409, "call_conflict")
    assert steer("hang-up") == (409, "call_conflict")
    assert steer("merge") == (202, "")
    assert telephony.asked[-1] == ("join", {"caller": f"{CALL}-caller"})
    tell(lambda story: story.party(30, "caller", "room"))
    assert steer("merge") == (202, "")
    assert steer("leave") == (202, "")
    assert telephony.asked[-1] == ("hang_up", {"leg": "op"})
    assert steer("drop-department") == (202, "")
    assert telephony.asked[-1] == ("hang_up", {"leg": asked["department"]})


def test_a_department_that_could_not_be_called_is_on_record(
    client: TestClient, telephony: FakeTelephony, talking: Headers, steer: Callable[..., tuple[int, str]]
) -> None:
    telephony.fail = {"consult"}
    assert steer("consult", unit_id="water") == (503, "telephony_unavailable")
    department = record(client, talking)["legs"][-1]
    assert (department["cause"], department["cause_text"]) == ("failed", "呼叫失败，请稍后再拨，或改拨其他号码。")
    telephony.fail = set()
    assert steer("consult", unit_id="water") == (202, "")


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({}, 422, ""),
        ({"unit_id": "mute"}, 422, "no_number"),
        ({"unit_id": "nothing"}, 404, "unit_not_found"),
        ({"number": "110,Dial(x)"}, 422, ""),
        ({"number": "1" * 19}, 422, ""),
    ],
)
def test_bad_numbers_reach_no_telephone(
    telephony: FakeTelephony, steer: Callable[..., tuple[int, str]], body: dict[str, str], status: int, error: str
) -> None:
    got = steer("consult", **body)
    assert got[0] == status
    assert error in got[1]
    assert telephony.asked == []


def test_only_who_is_on_the_call_steers_it(
    client: TestClient, talking: Headers, telephony: FakeTelephony, login: Callable[..., Headers]
) -> None:
    stranger, department = login(Role.LEADER), login(Role.DEPARTMENT)
    for verb in ("merge", "hold", "resume", "drop-department", "leave", "hang-up", "requeue"):
        assert client.post(f"/api/calls/{CALL}/{verb}", headers=stranger).json()["error"] == "not_on_call"
        assert client.post(f"/api/calls/{CALL}/{verb}", headers=department).status_code == 403
    tell(lambda story: story.end(60, "talk"))
    assert client.post(f"/api/calls/{CALL}/hold", headers=talking).json()["error"] == "call_over"
    # Who hangs up just after the caller did has what they wanted.
    assert client.post(f"/api/calls/{CALL}/hang-up", headers=talking).status_code == 202
    assert client.post("/api/calls/nothing/hold", headers=talking).status_code == 404
    assert telephony.asked == []


@pytest.fixture
def sound(talking: Headers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The call's recording."""
    settings = Settings(data_dir=tmp_path)
    monkeypatch.setattr(recordings, "get_settings", lambda: settings)
    data = b"RIFF" + bytes(range(256)) * 4
    file = settings.recordings_dir / "d" / "x.wav"
    file.parent.mkdir(parents=True)
    file.write_bytes(data)
    with db.unit_of_work() as session:
        line.recording_started(session, call_id=CALL, file="d/x.wav", party=Party.CALLER, at=Story.at(1))
    return data


def test_a_recording_is_played_in_pieces_and_heard_on_record_once(
    client: TestClient, talking: Headers, sound: bytes
) -> None:
    url = record(client, talking)["recording"]["url"]
    assert client.get(url, headers=talking).content == sound
    piece = client.get(url, headers={**talking, "Range": "bytes=4-13"})
    assert (piece.status_code, piece.content) == (206, sound[4:14])
    assert piece.headers["Content-Range"] == f"bytes 4-13/{len(sound)}"
    assert client.get(url, headers={**talking, "Range": "bytes=99999-"}).status_code == 416
    with db.reading() as session:
        acts = session.scalars(select(AuditEntry).where(AuditEntry.action == "recording.play")).all()
        assert [(act.subject, act.details) for act in acts] == [(f"call:{CALL}", {"file": "d/x.wav"})]


def test_recordings_need_the_right_and_stay_in_their_folder(
    client: TestClient, talking: Headers, sound: bytes, login: Callable[..., Headers], tmp_path: Path
) -> None:
    assert client.get(f"/api/calls/{CALL}/recording", headers=login(Role.DEPARTMENT)).status_code == 403
    assert client.get(f"/api/calls/{CALL}/recording/private/0", headers=talking).status_code == 404
    (tmp_path / "secret.wav").write_bytes(b"x")
    for file in ("../secret.wav", "/etc/passwd", "d", "gone.wav"):
        with db.unit_of_work() as session:
            line.recording_started(session, call_id=CALL, file=file, party=Party.CALLER, at=Story.at(1))
        answer = client.get(f"/api/calls/{CALL}/recording", headers=talking)
        assert (answer.status_code, answer.json()["error"]) == (404, "recording_not_found"), file


def test_a_full_number_is_shown_with_a_reason_and_on_record(client: TestClient, talking: Headers) -> None:
    url = f"/api/calls/{CALL}/reveal-number"
    assert client.post(url, headers=talking, json={"reason": " "}).status_code == 422
    assert client.post(url, headers=talking, json={"reason": "回拨核实"}).json() == {"number": "13912345678"}
    with db.reading() as session:
        (act,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "number.reveal")).all()
        assert (act.subject, act.reason) == (f"call:{CALL}", "回拨核实")
        assert "13912345678" not in str(act.details)


def test_a_withheld_number_cannot_be_shown(client: TestClient, operator: Headers) -> None:
    tell(lambda story: story.start(number=None))
    answer = client.post(f"/api/calls/{CALL}/reveal-number", headers=operator, json={"reason": "回拨核实"})
    assert (answer.status_code, answer.json()["error"]) == (409, "number_withheld")
    assert record(client, operator)["caller_number"] == "未显示号码"


def test_callbacks_are_worked_off(client: TestClient, operator: Headers) -> None:
    tell(lambda story: story.start())
    tell(lambda story: story.end(9, "greeting"))
    (request,) = client.get("/api/callbacks?state=open", headers=operator).json()["items"]
    assert (request["kind"], request["number"], request["has_message"]) == ("missed", "139****5678", False)
    url = f"/api/callbacks/{request['id']}"
    revealed = client.post(f"{url}/reveal-number", headers=operator, json={"reason": "回拨"})
    assert revealed.json() == {"number": "13912345678"}
    assert client.post(f"{url}/done", headers=operator, json={"note": "已回拨"}).json()["state"] == "done"
    assert client.get("/api/callbacks?state=open", headers=operator).json()["items"] == []
    assert client.get(f"{url}/recording", headers=operator).status_code == 404
    assert client.post("/api/callbacks/0/done", headers=operator, json={}).status_code == 404
