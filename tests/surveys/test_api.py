"""Surveys over HTTP."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from callcenter.calls.models import Call
from callcenter.core import db
from callcenter.core.security import Role
from callcenter.surveys import service
from callcenter.surveys.lifecycle import AnswerResult
from callcenter.surveys.questions import Question

pytestmark = pytest.mark.api

AT = datetime(2026, 9, 30, 8, 0, tzinfo=UTC)
Login = Callable[..., dict[str, str]]


@pytest.fixture
def answered(client: TestClient) -> None:
    with db.unit_of_work() as session:
        for number, key in enumerate("15"):
            session.add(Call(id=f"c-{number}", started_at=AT, state_at=AT))
            session.flush()
            service.record_answer(
                session,
                call_id=f"c-{number}",
                question=Question.SATISFACTION,
                key=key,
                result=AnswerResult.ANSWERED,
                at=AT + timedelta(minutes=number),
            )


@pytest.mark.usefixtures("answered")
def test_the_survey_of_a_call(client: TestClient, login: Login) -> None:
    survey = client.get("/api/calls/c-1/survey", headers=login(Role.OPERATOR)).json()
    assert (survey["satisfaction"], survey["solved"], survey["status_name"]) == (5, None, "评价中")
    assert [(a["key"], a["meaning"]) for a in survey["answers"]] == [("5", "很不满意")]


@pytest.mark.usefixtures("answered")
def test_latest_first_and_page_by_page(client: TestClient, login: Login) -> None:
    headers = login(Role.SUPERVISOR)
    first = client.get("/api/surveys", params={"limit": 1}, headers=headers).json()
    assert [survey["call_id"] for survey in first] == ["c-1"]
    following = client.get("/api/surveys", params={"before": first[0]["started_at"]}, headers=headers).json()
    assert [survey["call_id"] for survey in following] == ["c-0"]


@pytest.mark.usefixtures("answered")
def test_rates_say_what_they_are_made_of(client: TestClient, login: Login) -> None:
    period = {"since": AT.isoformat(), "until": (AT + timedelta(days=1)).isoformat()}
    rates = client.get("/api/surveys/rates", params=period, headers=login(Role.LEADER)).json()
    assert rates[0]["text"] == "满意率 50.00%（1/2）"
    assert rates[1]["text"] == "解决率 无有效评价（0/0；未计入：未问到 2）"


def test_bad_input_gets_a_sentence(client: TestClient, login: Login) -> None:
    headers = login(Role.OPERATOR)
    period = {"since": AT.isoformat(), "until": AT.isoformat()}
    wrong_order = client.get("/api/surveys/rates", params=period, headers=headers)
    assert (wrong_order.status_code, wrong_order.json()["message"]) == (
        422,
        "统计的结束时间必须晚于开始时间，请检查后重试。",
    )
    assert client.get("/api/calls/unknown/survey", headers=headers).status_code == 404
    assert client.get("/api/surveys", params={"limit": 0}, headers=headers).status_code == 422


def test_only_those_who_may_read_calls(client: TestClient, login: Login) -> None:
    assert client.get("/api/surveys").status_code == 401
    assert client.get("/api/surveys", headers=login(Role.DEPARTMENT)).status_code == 403
