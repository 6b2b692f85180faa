"""The FastAGI server against an Asterisk that misbehaves in every way: it answers in time or lets go."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from agi_scripts.channel import Channel
from agi_scripts.server import THREADS, AgiServer
from callcenter.core import db
from callcenter.parts import free_port
from callcenter.pbx.names import Variable

from ..conftest import wait_for_port
from .fake_asterisk import HEADER, FakeAsterisk

pytestmark = pytest.mark.agi

Serve = Callable[..., AgiServer]
CALLER = "13912345678"


def echo(channel: Channel, session: Session) -> None:
    channel.set({Variable.GREETING: channel.arguments(1)[0]})


def still_serves(server: AgiServer) -> None:
    """The next caller is served, and nothing of those before is left."""
    script = next(iter(server.scripts))
    assert FakeAsterisk(server.address, script=script).run().commands
    ends = time.monotonic() + 3
    while server.sessions:
        assert time.monotonic() < ends
        time.sleep(0.01)


@pytest.fixture
def echoing(database: Engine, serve: Serve) -> AgiServer:
    return serve({"echo": echo}, seconds=0.5)


def test_the_caller_hangs_up_while_the_script_runs(server: AgiServer) -> None:
    call = FakeAsterisk(server.address, hang_up_at=0).run()
    assert call.commands == []
    still_serves(server)


@pytest.mark.parametrize("length", range(0, 700, 50))
def test_the_caller_hangs_up_in_the_opening(server: AgiServer, length: int) -> None:
    call = FakeAsterisk(server.address)
    with call.connected() as connection:
        connection.sendall(call.header()[:length])
    still_serves(server)


@pytest.mark.parametrize(
    "answer",
    [
        b"200 result=-1 (hangup)\n",
        b"511 Command Not Permitted on a dead channel or intercept routine\n",
        b"HANGUP\n200 result=-1\n",
        b"200 result=-2\n",
        b"\n",
        b"\x00\xff\xfe\n",
        b"200 \n",
        b"two hundred\n",
        b"999 what\n",
        b"x" * 100_000,
        b"520-Invalid command syntax.  Proper usage follows:\n" + b"Usage\n" * 200,
    ],
)
def test_garbage_and_hang_ups_instead_of_an_answer(server: AgiServer, answer: bytes) -> None:
    call = FakeAsterisk(server.address, answers={0: answer})
    with suppress(ConnectionError):  # closed by the server while we were still sending
        call.run()
    assert "ROUTE_DONE" not in call.variables
    still_serves(server)


def test_answers_that_come_with_something_before_them(server: AgiServer) -> None:
    answers = {0: b"100 Trying...\nHANGUP\n200 result=0\n"}
    assert len(FakeAsterisk(server.address, answers=answers).run().commands) == 1
    still_serves(server)


@pytest.mark.parametrize(
    "opening",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"agi_network: yes\n" * 3,
        b"agi_network: yes\n" * 1000,
        b"a" * 1_000_000,
        bytes(range(256)) * 40,
    ],
)
def test_an_opening_that_is_not_asterisk(server: AgiServer, opening: bytes) -> None:
    with FakeAsterisk(server.address).connected() as connection, suppress(OSError):
        connection.sendall(opening)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    still_serves(server)


def test_an_unknown_script_ends_at_once(server: AgiServer) -> None:
    assert FakeAsterisk(server.address, script="rm -rf").run().commands == []
    still_serves(server)


@pytest.mark.parametrize(
    "value", ['a" "b', "\\", "a\nHANGUP", "a\r\nSET VARIABLE", "a,ROUTE_DONE=1", "${SHELL(id)}", "a;b", "(a)"]
)
def test_no_value_becomes_a_command(database: Engine, serve: Serve, value: str) -> None:
    def script(channel: Channel, session: Session) -> None:
        channel.set({Variable.QUEUE: "q12345", Variable.GREETING: value, Variable.DONE: 1})

    assert FakeAsterisk(serve({"echo": script}).address, script="echo").run().commands == []


def test_chinese_and_plain_marks_arrive_unchanged(echoing: AgiServer) -> None:
    for value in ("问候语", "greeting&blocked-warning", "+8613912345678", "a b.c_d/e*#", ""):
        assert FakeAsterisk(echoing.address, "echo", [value]).run().variables == {"ROUTE_GREETING": value}


@given(st.text(max_size=200))
def test_quoting_never_ends_the_command(text: str) -> None:
    quoted = Channel._quote(Channel.__new__(Channel), text)
    assert "\n" not in quoted
    assert "\r" not in quoted
    assert re.fullmatch(r'"(?:[^"\\]|\\.)*"', quoted)


def test_a_script_that_fails(database: Engine, serve: Serve) -> None:
    def script(channel: Channel, session: Session) -> None:
        raise RuntimeError("broken")

    server = serve({"echo": script})
    assert FakeAsterisk(server.address, script="echo").run().commands == []


def test_a_script_that_hangs_is_cut_off(database: Engine, serve: Serve) -> None:
    release = threading.Event()

    def script(channel: Channel, session: Session) -> None:
        release.wait(10)
        channel.set({Variable.DONE: 1})

    server = serve({"echo": script}, seconds=0.4)
    began = time.monotonic()
    call = FakeAsterisk(server.address, script="echo").run()
    assert 0.3 < time.monotonic() - began < 1.5
    release.set()
    assert "ROUTE_DONE" not in call.variables


def test_an_asterisk_that_says_nothing_is_let_go(echoing: AgiServer) -> None:
    with FakeAsterisk(echoing.address).connected() as connection:
        connection.sendall(b"agi_network: yes\n")
        began = time.monotonic()
        assert connection.recv(1) == b""
        assert time.monotonic() - began < 2
    still_serves(echoing)


def test_an_asterisk_that_drips_is_let_go(echoing: AgiServer) -> None:
    """Each byte comes within the read limit, all of them together do not."""
    with FakeAsterisk(echoing.address).connected() as connection:
        began = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - began < 5:
                connection.sendall(b"a")
                time.sleep(0.05)
    assert time.monotonic() - began < 2


def test_the_database_is_away(serve: Serve) -> None:
    """Nobody listens there: the caller goes on within the limit."""
    engine = db.make_engine(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/gone")
    db.bind(engine)
    server = serve(seconds=1.0)
    began = time.monotonic()
    call = FakeAsterisk(server.address).run()
    assert time.monotonic() - began < 2
    assert "ROUTE_DONE" not in call.variables


def test_the_database_accepts_and_says_nothing(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        db.bind(db.make_engine(f"postgresql+psycopg://nobody@127.0.0.1:{port}/gone"))
        server = serve(seconds=0.5)
        began = time.monotonic()
        FakeAsterisk(server.address).run()
        assert time.monotonic() - began < 1.5


def test_a_writer_holds_the_database(database: Engine, serve: Serve) -> None:
    """Reading waits for no writer."""
    server = serve(seconds=1.8)
    with db.unit_of_work():
        call = FakeAsterisk(server.address).run()
    assert call.variables["ROUTE_DONE"] == "1"


def test_many_callers_at_once(server: AgiServer) -> None:
    def call(number: int) -> dict[str, str]:
        return FakeAsterisk(server.address, arguments=("7f0c", "12345", f"139{number:08d}")).run().variables

    with ThreadPoolExecutor(50) as callers:
        done = list(callers.map(call, range(200)))
    assert all(variables.get("ROUTE_DONE") == "1" for variables in done)


def test_hanging_scripts_do_not_pile_up(database: Engine, serve: Serve) -> None:
    """With every thread stuck, more callers get nothing and cost nothing; once they are free, all is as before."""
    release = threading.Event()
    server = serve({"hang": lambda channel, session: release.wait(10) and None, "echo": echo}, seconds=1.0)
    stuck = [FakeAsterisk(server.address, script="hang") for _ in range(THREADS + 5)]
    before = threading.active_count()
    with ThreadPoolExecutor(len(stuck)) as callers:
        waiting = [callers.submit(call.run) for call in stuck]
        ends = time.monotonic() + 3
        while server.sessions < THREADS:
            assert time.monotonic() < ends
            time.sleep(0.01)
        assert server.sessions == THREADS
        assert threading.active_count() - before <= len(stuck)
        release.set()
        assert [future.result().commands for future in waiting] == [[]] * len(stuck)
    assert FakeAsterisk(server.address, "echo", ["x"]).run().variables == {"ROUTE_GREETING": "x"}


def test_the_program_lets_running_scripts_end(tmp_path: object) -> None:
    """As a process: serves, and on SIGTERM ends by itself with status 0."""
    port = free_port()
    environment = os.environ | {"CALLCENTER_AGI_PORT": str(port), "CALLCENTER_DATA_DIR": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-m", "agi_scripts"], env=environment, stderr=subprocess.PIPE)
    try:
        wait_for_port(port, process)
        # An empty database has no tables: the script fails, the caller goes on.
        assert "ROUTE_DONE" not in FakeAsterisk(("127.0.0.1", port)).run().variables
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert CALLER not in errors.decode()
    assert HEADER["agi_callerid"] not in errors.decode()
