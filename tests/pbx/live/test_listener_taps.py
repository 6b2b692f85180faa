"""Audio copies of running calls come back after the recogniser was away."""

import json
import socket
import struct
import threading
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
from sqlalchemy import select

from callcenter.calls.models import Tap
from callcenter.core import db
from callcenter.pbx.tap import TapKeeper
from softphone import CITIZEN_HZ, OPERATOR_HZ, Phone, energy_at
from tests.pbx.live.conftest import Hotline, until

pytestmark = pytest.mark.pbx


class Recogniser:
    """The two ports of asr: takes audio copies and says who it is."""

    def __init__(self, audio_port: int) -> None:
        self.heard: dict[str, bytearray] = defaultdict(bytearray)
        self._links: list[socket.socket] = []
        self._audio = socket.create_server(("127.0.0.1", audio_port))
        health = json.dumps({"boot_id": uuid.uuid4().hex}).encode()

        class Health(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(health)

            def log_message(self, *_: object) -> None:
                pass

        self._http = HTTPServer(("127.0.0.1", 0), Health)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        for target in (self._accept, self._http.serve_forever):
            threading.Thread(target=target, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                link, _ = self._audio.accept()
            except OSError:
                return
            self._links.append(link)
            threading.Thread(target=self._take, args=(link,), daemon=True).start()

    def _take(self, link: socket.socket) -> None:
        tap_id = ""
        with link, link.makefile("rb") as stream:
            while len(head := stream.read(3)) == 3:
                kind, length = struct.unpack("!BH", head)
                data = stream.read(length)
                if kind == 0x01:
                    tap_id = str(uuid.UUID(bytes=data))
                elif data:
                    self.heard[tap_id] += data

    def amplitude(self, tap_id: str, hz: int) -> float:
        """Of a tone in the last half second of a copy (16 kHz)."""
        return energy_at(np.frombuffer(bytes(self.heard[tap_id][-16000:]), np.int16)[::2], hz)

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._audio.shutdown(socket.SHUT_RDWR)
        self._audio.close()
        for link in self._links:
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


@contextmanager
def recogniser(port: int) -> Iterator[Recogniser]:
    made = Recogniser(port)
    try:
        yield made
    finally:
        made.close()


def test_copies_of_running_calls_are_made_again(hotline: Hotline, citizen: Phone, extension: str, number: str) -> None:
    audio_port = hotline.settings.asr_audio_port
    seat = hotline.seat(extension)
    with recogniser(audio_port):
        talk = hotline.talk(citizen, seat, number)
        first = until(lambda: _taps(talk.call_id, 2))
    until(lambda: "AudioSocket" not in hotline.line.rx("core show channels concise"), "the copies end with the sink")
    with recogniser(audio_port) as second:
        settings = hotline.settings.model_copy(update={"asr_http_url": second.url})
        keeper = TapKeeper(settings, hotline.listener.ami)
        keeper.start()
        try:
            again = {tap.party.value: tap for tap in until(lambda: _taps(talk.call_id, 4)) if tap.closed_at is None}
            assert set(again) == {"caller", "operator"}
            assert {tap.id for tap in first}.isdisjoint({tap.id for tap in again.values()})
            until(lambda: second.amplitude(again["caller"].id, CITIZEN_HZ) > 2000)
            until(lambda: second.amplitude(again["operator"].id, OPERATOR_HZ) > 2000)
            assert second.amplitude(again["caller"].id, OPERATOR_HZ) < 200, "each side alone"
            assert keeper._attach_missing(), "asked once more, nothing is missing"
            assert len(_taps(talk.call_id, 4)) == 4
        finally:
            keeper.close()
        talk.operator.hang_up()
        talk.citizen.hang_up()
        until(lambda: all(tap.closed_at for tap in _taps(talk.call_id, 4)))


def _taps(call_id: str, count: int) -> list[Tap]:
    with db.unit_of_work() as session:
        found = list(session.scalars(select(Tap).where(Tap.call_id == call_id)))
    return found if len(found) >= count else []
