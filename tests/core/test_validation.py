"""Wrong requests are answered in Chinese, field by field, and say what to do."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from callcenter.core.security import Role

pytestmark = pytest.mark.api

BODY = {"kind": "投诉", "topic": "生态环境-社会生活噪声", "title": "噪声", "content": "太吵"}


@pytest.mark.parametrize(
    ("body", "field", "problem"),
    [
        ({}, "kind", "没有填"),
        ({**BODY, "title": ""}, "title", "太短，至少1个字"),
        ({**BODY, "title": "长" * 201}, "title", "太长，最多200个字"),
        ({**BODY, "caller_number": "abc"}, "caller_number", "格式不对"),
        ({**BODY, "co_unit_ids": ["x"] * 21}, "co_unit_ids", "最多20项"),
        ({**BODY, "citizen_id": 0}, "citizen_id", "不能小于1"),
        ({**BODY, "citizen_id": "一"}, "citizen_id", "应是整数"),
        ({**BODY, "surprise": 1}, "surprise", "不是这里的内容，请去掉"),
    ],
)
def test_what_is_wrong_with_which_field(
    client: TestClient, login: Callable[..., dict[str, str]], body: dict[str, object], field: str, problem: str
) -> None:
    answer = client.post("/api/tickets", json=body, headers=login(Role.OPERATOR))
    said = answer.json()
    assert (answer.status_code, said["error"]) == (422, "invalid_request")
    assert {"field": field, "problem": problem} in said["details"]["fields"]
    assert f"{field} {problem}" in said["message"]
    assert said["message"].isascii() is False


def test_a_broken_body_and_a_wrong_choice(client: TestClient, login: Callable[..., dict[str, str]]) -> None:
    headers = login(Role.OPERATOR)
    broken = client.post("/api/tickets", content="{", headers={**headers, "Content-Type": "application/json"})
    assert "不是完整的JSON" in broken.json()["message"]
    unknown = client.get("/api/tickets?status=lost", headers=headers).json()
    assert unknown["details"]["fields"][0]["problem"].startswith("只能是")


def test_a_number_that_no_table_holds(client: TestClient, login: Callable[..., dict[str, str]]) -> None:
    answer = client.post(f"/api/callbacks/{10**30}/done", json={"note": "好"}, headers=login(Role.OPERATOR))
    assert (answer.status_code, answer.json()["error"]) == (422, "out_of_range")
