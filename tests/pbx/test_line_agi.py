"""route_call dead, slow, silent, wrong: the caller reaches the default queue all the same. Then the real one."""

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from agi_scripts.server import AgiServer
from callcenter.calls.models import Call
from callcenter.citizens import service as citizens
from callcenter.core.clock import now
from callcenter.core.db import unit_of_work
from callcenter.core.security import SYSTEM
from softphone import OPERATOR_HZ, wait_tone

from .conftest import Line, Phone, hear

pytestmark = pytest.mark.pbx

LONGEST_SILENCE = 3.5
"""Two seconds of watchdog, and the test machine's own slowness."""

Behaviour = Callable[[socket.socket], None]


@contextmanager
def agi_that(behaves: Behaviour, line: Line) -> Iterator[None]:
    """A server at route_call's address."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                behaves(self.request)
            except OSError:
                return

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True
        block_on_close = False

    with Server((line.settings.agi_host, line.settings.agi_port), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield
        server.shutdown()


def closes(connection: socket.socket) -> None:
    return


def says_nothing(connection: socket.socket) -> None:
    connection.recv(65536)
    time.sleep(30)


def is_slow(connection: socket.socket) -> None:
    connection.recv(65536)
    time.sleep(2.5)
    connection.sendall(b'SET VARIABLE "ROUTE_QUEUE" "qleader"\n')
    connection.recv(1024)
    connection.sendall(b'SET VARIABLE "ROUTE_DONE" "1"\n')


def talks_garbage(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"\x00\xff nonsense\nEXEC\nSET\n" * 50 + b"x" * 9000 + b"\n")


def stops_half_way(connection: socket.socket) -> None:
    connection.recv(65536)
    for name, value in (("ROUTE_QUEUE", "qleader"), ("ROUTE_PRIORITY", "99"), ("ROUTE_BLOCKED", "1")):
        connection.sendall(f'SET VARIABLE "{name}" "{value}"\n'.encode())
        connection.recv(1024)


def plays_for_ever(connection: socket.socket) -> None:
    connection.recv(65536)
    while True:
        connection.sendall(b'STREAM FILE "beep" ""\n')
        connection.recv(1024)


def sets_nonsense(connection: socket.socket) -> None:
    """All is set, and all of it is wrong."""
    connection.recv(65536)
    wrong = {"ROUTE_QUEUE": "qnowhere", "ROUTE_PRIORITY": "soon", "ROUTE_GREETING": "no-such-file", "ROUTE_DONE": "1"}
    for name, value in wrong.items():
        connection.sendall(f'SET VARIABLE "{name}" "{value}"\n'.encode())
        connection.recv(1024)


@pytest.mark.parametrize(
    "behaves", [closes, says_nothing, is_slow, talks_garbage, stops_half_way, plays_for_ever, sets_nonsense]
)
def test_whatever_route_call_does_the_caller_reaches_the_default_queue(
    line: Line, citizen: Phone, operator: Phone, number: str, behaves: Behaviour
) -> None:
    with agi_that(behaves, line):
        leg = citizen.call("12345", from_number=number)
        if behaves is not sets_nonsense:
            hear(leg, "greeting", LONGEST_SILENCE)
        desk = operator.wait_ring(LONGEST_SILENCE).answer()
        desk.tone(OPERATOR_HZ)
        wait_tone(leg, OPERATOR_HZ)
        # The watchdog round the script must not end the call later.
        time.sleep(2.2)
        wait_tone(leg, OPERATOR_HZ)
        leg.hang_up()
    call_id = line.call_id(number)
    assert line.wait_fact(call_id, "QueueJoined")["Queue"] == "q12345"
    assert bool(line.facts(call_id, "RouteFailed")) is (behaves is not sets_nonsense)
    if behaves is not sets_nonsense:
        assert line.wait_fact(call_id, "QueueJoined")["Priority"] == "0"


def test_hanging_up_while_the_script_hangs_ends_the_call(line: Line, citizen: Phone, number: str) -> None:
    with agi_that(says_nothing, line):
        leg = citizen.call("12345", from_number=number)
        time.sleep(0.5)
        leg.hang_up()
        assert line.wait_fact(line.call_id(number), "CallEnd", 3)["Stage"] == "greeting"
    assert not line.channels("PJSIP/trunk")


@pytest.fixture
def routed(line: Line, database: Engine) -> Iterator[None]:
    """The real route_call on a real database."""
    address = line.settings.agi_host, line.settings.agi_port
    with AgiServer(address, seconds=line.settings.agi_script_seconds):
        yield


@pytest.mark.usefixtures("routed")
def test_route_call_routes(line: Line, citizen: Phone, operator: Phone, number: str) -> None:
    leg = citizen.call("12345", from_number=number)
    hear(leg, "greeting")
    operator.wait_ring()
    leg.hang_up()
    call_id = line.call_id(number)
    line.wait_fact(call_id, "CallEnd")
    assert not line.facts(call_id, "RouteFailed")


@pytest.mark.usefixtures("routed")
def test_a_withheld_number_is_routed_too(line: Line, citizen: Phone, operator: Phone) -> None:
    failed = len([fact for fact in line.journal() if fact["UserEvent"] == "RouteFailed"])
    leg = citizen.call("12345", withheld=True)
    operator.wait_ring()
    leg.hang_up()
    assert len([fact for fact in line.journal() if fact["UserEvent"] == "RouteFailed"]) == failed


@pytest.mark.usefixtures("routed")
def test_a_blocked_repeat_caller_is_warned_comes_first_and_is_served(
    line: Line, citizen: Phone, operator: Phone, number: str
) -> None:
    with unit_of_work() as session:
        citizens.block(session, number=number, reason="反复骚扰", by=SYSTEM)
        session.add(
            Call(
                id=str(uuid4()), did="12345", caller_number=number, started_at=now(), state_at=now(), answered_at=now()
            )
        )
    leg = citizen.call("12345", from_number=number)
    hear(leg, "greeting-repeat")
    hear(leg, "blocked-warning")
    operator.wait_ring()
    leg.hang_up()
    assert line.wait_fact(line.call_id(number), "QueueJoined")["Priority"] == "1"


@pytest.mark.usefixtures("routed")
def test_an_empty_desk_of_a_merged_line_hands_its_callers_on(
    line: Line, citizen: Phone, operator: Phone, number: str
) -> None:
    leg = citizen.call("12315", from_number=number)
    operator.wait_ring()
    leg.hang_up()
    line.wait_fact(line.call_id(number), "QueueJoined", Queue="q12345")
