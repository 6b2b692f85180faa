"""The interface: advice of a call, notes, judgements, the report."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from callcenter.calls.models import Call
from callcenter.core.clock import now
from callcenter.core.db import unit_of_work
from callcenter.core.security import Role

pytestmark = pytest.mark.api

Login = Callable[..., dict[str, str]]
PERIOD = {"since": "2020-01-01T00:00:00+08:00", "until": "2099-01-01T00:00:00+08:00"}


@pytest.fixture
def call_id(client: TestClient) -> str:
    with unit_of_work() as session:
        session.add(Call(id="c7", started_at=now(), state_at=now(), caller_number="13893112345"))
    return "c7"


def test_notes_to_advice_to_judgement_to_report(client: TestClient, login: Login, call_id: str) -> None:
    operator = login(Role.OPERATOR)
    empty = client.get(f"/api/calls/{call_id}/assist", headers=operator).json()
    assert empty["advice"] is None and empty["verdicts"] == []
    url = f"/api/calls/{call_id}/assist/notes"
    written = client.put(url, json={"text": "乍浦雅风花园停水了"}, headers=operator).json()
    assert written["advice"]["decision"]["topic"] == "公共服务-供水"
    assert written["advice"]["draft"]["title"] == "乍浦镇雅风花园供水"
    assert written["notes"] == "乍浦雅风花园停水了"
    assert "13893112345" not in client.get(f"/api/calls/{call_id}/assist", headers=operator).text
    judged = {"kind": "draft", "subject": "title", "verdict": "edit", "final": "乍浦停水"}
    verdicts = f"/api/calls/{call_id}/assist/verdicts"
    first = client.post(verdicts, json=judged, headers=operator).json()
    assert client.post(verdicts, json=judged, headers=operator).json()["id"] == first["id"]
    supervisor = login(Role.SUPERVISOR, username="banzhang")
    report = client.get("/api/assist/report", params=PERIOD, headers=supervisor).json()
    line = next(line for line in report["lines"] if line["kind"] == "draft")
    assert (line["edited"], line["judged"], line["rate"], line["calls"]) == (1, 1, 0.0, 1)
    behind = client.get("/api/assist/report/draft", params=PERIOD, headers=supervisor).json()
    assert [row["final"] for row in behind] == ["乍浦停水"]


def test_trying_without_a_call(client: TestClient, login: Login) -> None:
    found = client.post("/api/assist/try", json={"text": "我家着火了"}, headers=login(Role.OPERATOR)).json()
    assert found["decision"]["outcome"] == "TRANSFER" and found["duplicates"] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("get", "/api/calls/none/assist", None, 404),
        ("put", "/api/calls/none/assist/notes", {"text": "x"}, 404),
        ("put", "/api/calls/c7/assist/notes", {"text": "x" * 10_001}, 422),
        ("put", "/api/calls/c7/assist/notes", {"text": "x", "more": 1}, 422),
        ("post", "/api/calls/c7/assist/verdicts", {"kind": "nothing", "subject": "a", "verdict": "accept"}, 422),
        ("post", "/api/calls/c7/assist/verdicts", {"kind": "answer", "subject": "", "verdict": "accept"}, 422),
        ("post", "/api/calls/c7/assist/verdicts", {"kind": "draft", "subject": "a", "verdict": "edit"}, 422),
        ("get", "/api/assist/report", None, 403),
    ],
)
def test_what_is_refused(
    client: TestClient, login: Login, call_id: str, method: str, path: str, body: dict[str, str] | None, status: int
) -> None:
    given = {"json": body} if body is not None else {"params": PERIOD}
    assert client.request(method, path, headers=login(Role.OPERATOR), **given).status_code == status  # type: ignore[arg-type]
    assert client.request(method, path, **given).status_code == 401  # type: ignore[arg-type]
