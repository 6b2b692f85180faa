"""The text of a prompt is changed, spoken anew, put back; a person's recording stays what is played."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient

from callcenter.core import db, voice, work
from callcenter.core.errors import Unavailable
from callcenter.core.security import Role
from callcenter.prompts import jobs, routes, service, texts
from callcenter.settings import Settings
from tests.prompts.test_prompts import Login, listed, send, tone

pytestmark = pytest.mark.api

NEW = {"text": "您好，这里是12345热线，请讲。", "say": "您好，这里是幺二三四五热线，请讲。", "reason": "缩短开场白"}
PATH = "/api/prompts/greeting/texts"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    own = Settings(data_dir=tmp_path, prompt_recordings=None)
    own.prompts_dir.mkdir(parents=True)
    (own.prompts_dir / "greeting.wav").write_bytes(tone(1.0, rate=8000, level=100))
    (own.prompts_dir / service.INDEX).write_text(json.dumps({"greeting": "as-the-voice-said"}))
    for module in (routes, jobs):
        monkeypatch.setattr(module, "get_settings", lambda: own)
    # The work is done here, also where an earlier test has left the address of a Redis.
    monkeypatch.setattr(work, "send", lambda *_: False)
    return own


@pytest.fixture
def spoken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The voice, which here only notes what it was told to make."""
    made: list[str] = []
    monkeypatch.setattr(voice, "run", lambda _settings, *arguments, seconds: made.append(arguments[-1]))
    return made


@pytest.fixture
def admin(login: Login) -> dict[str, str]:
    return login(Role.ADMIN)


def history(client: TestClient, headers: dict[str, str]) -> list[dict[str, Any]]:
    return [dict(version) for version in client.get(PATH, headers=headers).json()]


def own_texts(settings: Settings) -> Any:
    return yaml.safe_load(texts.own_file(settings).read_text(encoding="utf-8"))


def test_a_text_is_changed_spoken_and_put_back(
    client: TestClient, admin: dict[str, str], settings: Settings, spoken: list[str]
) -> None:
    came = listed(client, admin)
    assert client.post(PATH, json=NEW, headers=admin).status_code == 202
    now = listed(client, admin)
    assert (now["text"], now["say"], now["is_changed"], now["is_being_spoken"]) == (NEW["text"], NEW["say"], True, True)
    jobs.speak_changed()
    assert spoken == ["greeting"] and not listed(client, admin)["is_being_spoken"]
    assert own_texts(settings) == {"greeting": {"text": NEW["text"], "say": NEW["say"]}}
    again = client.post(PATH, json=NEW, headers=admin)
    assert (again.status_code, again.json()["error"]) == (409, "same_text")
    mine, shipped = history(client, admin)
    assert (mine["reason"], mine["author_name"], shipped["id"], shipped["text"]) == (
        "缩短开场白", "王小明", None, came["text"],
    )  # fmt: skip
    back = client.post(f"{PATH}/put-back", json={"reason": "先不改"}, headers=admin)
    assert back.status_code == 202
    assert listed(client, admin)["text"] == came["text"] and not listed(client, admin)["is_changed"]
    assert own_texts(settings) == {}
    assert client.post(
        f"{PATH}/put-back", json={"version_id": mine["id"], "reason": "还是改"}, headers=admin
    ).is_success
    assert [version["text"] for version in history(client, admin)] == [
        NEW["text"], came["text"], NEW["text"], came["text"],
    ]  # fmt: skip


def test_the_voice_reads_the_changed_text(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from voice import places, prompts

    texts.own_file(settings).write_text("greeting: 您好。\nunknown: 没有这条。\n", encoding="utf-8")
    monkeypatch.setattr(places, "data_dir", lambda: settings.data_dir)
    said = {prompt.name: prompt.spoken for prompt in prompts.texts()}
    assert said["greeting"] == "您好。" and "unknown" not in said
    assert said["sorry-busy"] == texts.shipped()["sorry-busy"].text


def test_a_voice_that_fails_is_told_and_tried_again(
    client: TestClient, admin: dict[str, str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise Unavailable("合成语音失败：没有语音模型")

    monkeypatch.setattr(voice, "run", broken)
    assert client.post(PATH, json=NEW, headers=admin).status_code == 202
    for _ in range(texts.MOST_TRIES + 1):
        jobs.speak_changed()
    found = listed(client, admin)
    assert (found["problem"], found["is_being_spoken"]) == ("合成语音失败：没有语音模型", False)
    with db.reading() as session:
        assert texts.waiting(session) == []


def test_a_recording_stays_and_the_way_back_speaks_the_new_text(
    client: TestClient, admin: dict[str, str], settings: Settings, spoken: list[str]
) -> None:
    assert send(client, admin, tone(2.0)) == 204
    recorded = (settings.prompts_dir / "greeting.wav").read_bytes()
    assert client.post(PATH, json=NEW, headers=admin).status_code == 202
    jobs.speak_changed()
    assert listed(client, admin)["is_recorded"]
    assert (settings.prompts_dir / "greeting.wav").read_bytes() == recorded
    assert client.post("/api/prompts/greeting/go-back", json={"reason": "用合成"}, headers=admin).status_code == 204
    assert listed(client, admin)["is_being_spoken"]
    jobs.speak_changed()
    assert spoken == ["greeting", "greeting"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("greeting", {"text": "hello"}, 422),
        ("greeting", {"text": ""}, 422),
        ("greeting", {"text": "好" * 501}, 422),
        ("greeting", {"text": "好\n坏"}, 422),
        ("beep", {"text": "您好"}, 422),
        ("../secrets", {"text": "您好"}, 404),
        ("nothing", {"text": "您好"}, 404),
    ],
)
def test_what_cannot_be_said(
    client: TestClient, admin: dict[str, str], settings: Settings, path: str, body: dict[str, str], status: int
) -> None:
    answer = client.post(f"/api/prompts/{path}/texts", json={"reason": "试试", **body}, headers=admin)
    assert answer.status_code in (status, 405), answer.text
    assert not texts.own_file(settings).exists()


def test_only_administrators(client: TestClient, login: Callable[..., dict[str, str]], settings: Settings) -> None:
    headers = login(Role.SUPERVISOR)
    assert client.post(PATH, json=NEW, headers=headers).status_code == 403
    assert client.get(PATH, headers=headers).status_code == 403
