"""A person's recording in the place of the voice, and the way back; `python -m voice prompts` agrees with both."""

import json
import struct
import wave
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from callcenter.core.security import Role
from callcenter.prompts import routes, service
from callcenter.settings import Settings

pytestmark = pytest.mark.api

Login = Callable[..., dict[str, str]]


def tone(seconds: float, *, rate: int = 16_000, level: int = 9000) -> bytes:
    out = BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        frames = int(seconds * rate)
        sound.writeframes(struct.pack(f"<{frames}h", *(level if n // 20 % 2 else -level for n in range(frames))))
    return out.getvalue()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The voice has said one prompt."""
    own = Settings(data_dir=tmp_path, prompt_recordings=None)
    own.prompts_dir.mkdir(parents=True)
    (own.prompts_dir / "greeting.wav").write_bytes(tone(1.0, rate=8000, level=100))
    (own.prompts_dir / service.INDEX).write_text(json.dumps({"greeting": "as-the-voice-said"}))
    monkeypatch.setattr(routes, "get_settings", lambda: own)
    return own


def listed(client: TestClient, headers: dict[str, str]) -> dict[str, object]:
    found = client.get("/api/prompts", headers=headers).json()
    return next(dict(prompt) for prompt in found if prompt["name"] == "greeting")


def send(client: TestClient, headers: dict[str, str], content: bytes, name: str = "我的.wav") -> int:
    file = {"file": (name, BytesIO(content))}
    answer = client.post("/api/prompts/greeting/recording", files=file, data={"reason": "真人更亲切"}, headers=headers)
    return answer.status_code


def index(settings: Settings) -> str:
    return str(json.loads((settings.prompts_dir / service.INDEX).read_text())["greeting"])


def test_recorded_and_back(client: TestClient, login: Login, settings: Settings) -> None:
    headers = login(Role.ADMIN)
    voice = client.get("/api/prompts/greeting/sound", headers=headers).content
    before = listed(client, headers)
    assert before["seconds"] == 1.0 and not before["is_recorded"] and "12345" in str(before["text"])
    assert send(client, headers, tone(2.0)) == 204
    after = listed(client, headers)
    assert after["is_recorded"] and after["can_go_back"] and after["changed_by"] == "王小明"
    assert after["seconds"] == pytest.approx(2.0, abs=0.05)
    played = client.get("/api/prompts/greeting/sound", headers=headers).content
    with wave.open(BytesIO(played)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
    kept = settings.own_prompts_dir / "greeting.wav"
    assert kept.read_bytes() == played
    assert send(client, headers, tone(3.0)) == 204
    answer = client.post("/api/prompts/greeting/go-back", json={"reason": "试试"}, headers=headers)
    assert answer.status_code == 204
    assert client.get("/api/prompts/greeting/sound", headers=headers).content == voice
    assert index(settings) == "as-the-voice-said"
    assert not kept.exists()
    assert client.post("/api/prompts/greeting/go-back", json={}, headers=headers).status_code == 409


def test_the_next_making_of_prompts_keeps_the_recording(
    client: TestClient, login: Login, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from voice import places, prompts

    assert send(client, login(Role.ADMIN), tone(2.0)) == 204
    monkeypatch.setenv("CALLCENTER_DATA_DIR", str(settings.data_dir))
    monkeypatch.delenv("CALLCENTER_PROMPT_RECORDINGS", raising=False)
    monkeypatch.setattr(places, "texts_file", lambda: settings.data_dir / "prompts.yaml")
    (settings.data_dir / "prompts.yaml").write_text("greeting: 您好。\n", encoding="utf-8")
    sound = (settings.prompts_dir / "greeting.wav").read_bytes()
    assert list(prompts.make()) == []
    assert (settings.prompts_dir / "greeting.wav").read_bytes() == sound


@pytest.mark.parametrize(
    ("content", "name", "status"),
    [(b"no sound at all", "x.wav", 422), (tone(0.1), "x.wav", 422), (tone(1.0), "x.exe", 422), (tone(1.0), "", 422)],
)
def test_what_is_no_recording_changes_nothing(
    client: TestClient, login: Login, settings: Settings, content: bytes, name: str, status: int
) -> None:
    headers = login(Role.ADMIN)
    assert send(client, headers, content, name) == status
    assert index(settings) == "as-the-voice-said" and not listed(client, headers)["is_recorded"]


def test_who_and_which(client: TestClient, login: Login, settings: Settings) -> None:
    headers = login(Role.ADMIN)
    for name in ("nothing", "../secrets", "..%2f..%2fetc%2fpasswd"):
        assert client.get(f"/api/prompts/{name}/sound", headers=headers).status_code in (404, 405)
    assert client.get("/api/prompts/sorry-busy/sound", headers=headers).status_code == 404
    assert client.get("/api/prompts", headers=login(Role.SUPERVISOR)).status_code == 403
