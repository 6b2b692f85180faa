"""A receiver in place of callcenter, a running asr process, and speech-like sound."""

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest

from asr.protocol import TranscriptMessage


def tone(seconds: float, rate: int = 8000, amplitude: int = 8000) -> bytes:
    """Speech as the energy gate hears it: a tone that wavers, in 16-bit PCM."""
    t = np.arange(int(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * 300 * t) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * t))).astype("<i2").tobytes()


def silence(seconds: float, rate: int = 8000) -> bytes:
    return bytes(int(seconds * rate) * 2)


class Callcenter:
    """Takes transcripts over real HTTP; `answers` are statuses to give first, `delay` is before each answer."""

    def __init__(self) -> None:
        self.messages: list[TranscriptMessage] = []
        self.tokens: set[str] = set()
        self.answers: list[int] = []
        self.refuse: Callable[[list[TranscriptMessage]], bool] = lambda batch: False
        self.delay = 0.0
        self.requests = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(receiver.take(self.path, self.headers.get("Authorization", ""), json.loads(body)))
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def take(self, path: str, authorization: str, body: list[dict[str, Any]]) -> int:
        assert path == "/internal/transcripts"
        self.requests += 1
        time.sleep(self.delay)
        self.tokens.add(authorization)
        batch = [TranscriptMessage.from_dict(item) for item in body]
        status = self.answers.pop(0) if self.answers else 422 if self.refuse(batch) else 204
        if status == 204:
            self.messages += batch
        return status

    def of(self, tap_id: str, kind: str) -> list[TranscriptMessage]:
        return [m for m in list(self.messages) if m.tap_id == tap_id and m.kind == kind]

    def wait(self, condition: Callable[[], object], seconds: float = 20) -> None:
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, f"not within {seconds} s; got {self.messages}"
            time.sleep(0.02)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def callcenter() -> Iterator[Callcenter]:
    receiver = Callcenter()
    yield receiver
    receiver.stop()


class Asr:
    """A real `python -m asr serve` on free ports."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        with socket.socket() as a, socket.socket() as b:
            a.bind(("127.0.0.1", 0))
            b.bind(("127.0.0.1", 0))
            self.audio_port, self.http_port = a.getsockname()[1], b.getsockname()[1]
        self.http = f"http://127.0.0.1:{self.http_port}"
        self._log = (folder / "asr.log").open("ab")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("ASR_")}
        ports = {"ASR_AUDIO_PORT": str(self.audio_port), "ASR_HTTP_PORT": str(self.http_port), "ASR_TOKEN": "secret"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "asr", "serve"],
            env=inherited | ports | environment,
            stdout=self._log,
            stderr=self._log,
        )

    def health(self) -> dict[str, Any]:
        return httpx2.get(f"{self.http}/health", timeout=5).json()

    def wait(self, *states: str, seconds: float = 40) -> dict[str, Any]:
        until = time.monotonic() + seconds
        while True:
            assert self.process.poll() is None, "asr ended"
            try:
                if (health := self.health())["status"] in states:
                    return health
            except httpx2.HTTPError:
                pass
            assert time.monotonic() < until, "asr is not ready"
            time.sleep(0.05)

    def connect(self, tap_id: str) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.audio_port), timeout=5)
        connection.sendall(struct.pack("!BH", 1, 16) + uuid.UUID(tap_id).bytes)
        return connection

    def speak(self, connection: socket.socket, pcm: bytes, rate: int = 8000, speed: float = 8.0) -> None:
        """Send sound in frames of 20 ms, `speed` times as fast as a call would."""
        kind, size = {8000: (0x10, 320), 16000: (0x12, 640)}[rate]
        for start in range(0, len(pcm), size):
            frame = pcm[start : start + size]
            connection.sendall(struct.pack("!BH", kind, len(frame)) + frame)
            time.sleep(0.02 / speed)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()


@pytest.fixture
def start_asr(tmp_path: Path, callcenter: Callcenter) -> Iterator[Callable[..., Asr]]:
    started: list[Asr] = []

    def start(**environment: str) -> Asr:
        asr = Asr(tmp_path, {"ASR_CALLCENTER_URL": callcenter.url} | environment)
        started.append(asr)
        return asr

    yield start
    for asr in started:
        asr.stop()


@pytest.fixture
def scripted(tmp_path: Path) -> dict[str, str]:
    """Settings of an asr that reads two lines from a script."""
    script = tmp_path / "script.txt"
    script.write_text("我住在当胡街道有人占道\n楼上天天吵\n", encoding="utf-8")
    return {"ASR_ENGINE": "scripted", "ASR_MODEL": str(script), "ASR_VAD": "energy"}


def model_folder(name: str) -> Path:
    """A model set up under the data directory; missing is an error in CI and a skip elsewhere."""
    data = Path(os.environ.get("ASR_DATA_DIR") or os.environ.get("CALLCENTER_DATA_DIR") or "var")
    folder = data / "models" / name
    if not folder.is_dir():
        reason = f"{folder} is missing: run `make setup`, which unpacks it"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture
def korean_model() -> Path:
    return model_folder("vosk-ko")


@pytest.fixture
def whisper_model() -> Path:
    return model_folder("whisper-base")


@pytest.fixture
def make_tone() -> Callable[..., bytes]:
    return tone


@pytest.fixture
def make_silence() -> Callable[..., bytes]:
    return silence
