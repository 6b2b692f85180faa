"""The FastAGI server against an Asterisk that misbehaves in every way: it answers in time or lets go."""

import os
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
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from agi_scripts import server as module
from agi_scripts.channel import Channel
from agi_scripts.server import AgiServer
from callcenter.core import db
from callcenter.parts import free_port
from callcenter.pbx.names import Variable

from ..conftest import wait_for_port
from .fake_asterisk import HEADER, FakeAsterisk

pytestmark = pytest.mark.agi

Serve = Callable[..., AgiServer]
ROUTE = {"CALLUUID": "7f0c", "DID": "12345", "CALLER": "13912345678"}
COMMANDS = 8


def echo(channel: Channel, session: Session) -> None:
    channel.set(Variable.GREETING, channel.get(Variable.CALLER))


def still_serves(server: AgiServer) -> None:
    """The next caller is served, and nothing of those before is left."""
    script = next(iter(server.scripts))
    assert FakeAsterisk(server.server_address, script=script, variables=dict(ROUTE)).run().commands
    ends = time.monotonic() + 3
    while server.sessions:
        assert time.monotonic() < ends
        time.sleep(0.01)


@pytest.fixture
def echoing(database: Engine, serve: Serve) -> AgiServer:
    return serve({"echo": echo}, seconds=0.5)


@pytest.mark.parametrize("at", range(COMMANDS))
def test_the_caller_hangs_up_at_any_command(server: AgiServer, at: int) -> None:
    call = FakeAsterisk(server.server_address, variables=dict(ROUTE), hang_up_at=at).run()
    assert len(call.commands) == at
    assert "ROUTE_DONE" not in call.variables
    still_serves(server)


def test_there_are_as_many_commands_as_the_tests_break_off_at(server: AgiServer) -> None:
    assert len(FakeAsterisk(server.server_address, variables=dict(ROUTE)).run().commands) == COMMANDS


@pytest.mark.parametrize(
    "answer",
    [
        b"200 result=-1 (hangup)\n",
        b"511 Command Not Permitted on a dead channel or intercept routine\n",
        b"HANGUP\n200 result=1 (12345)\n",
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
    call = FakeAsterisk(server.server_address, variables=dict(ROUTE), answers={1: answer})
    with suppress(ConnectionError):  # closed by the server while we were still sending
        call.run()
    assert "ROUTE_DONE" not in call.variables
    still_serves(server)


def test_answers_that_come_with_something_before_them(server: AgiServer) -> None:
    answers = {0: b"100 Trying...\n200 result=1 (7f0c)\n"}
    call = FakeAsterisk(server.server_address, variables=dict(ROUTE), answers=answers).run()
    assert call.variables["ROUTE_DONE"] == "1"


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
    with FakeAsterisk(server.server_address).connected() as connection, suppress(OSError):
        connection.sendall(opening)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    still_serves(server)


def test_an_unknown_script_ends_at_once(server: AgiServer) -> None:
    assert FakeAsterisk(server.server_address, script="rm -rf").run().commands == []
    still_serves(server)


@pytest.mark.parametrize("value", ['a" "b', "\\", 'x"\nHANGUP', "a\r\nSET VARIABLE", "x y", "价格\\100;a,b", "(a)(b)"])
def test_no_value_becomes_a_command(echoing: AgiServer, value: str) -> None:
    one_line = value.replace("\n", "").replace("\r", "")
    call = FakeAsterisk(echoing.server_address, script="echo", variables={"CALLER": one_line}).run()
    assert call.variables["ROUTE_GREETING"] == one_line.replace(" ", " ").replace("\x00", "")
    assert len(call.commands) == 2


def test_a_line_break_in_our_own_data_cannot_start_a_command(database: Engine, serve: Serve) -> None:
    def script(channel: Channel, session: Session) -> None:
        channel.set(Variable.GREETING, 'a"\r\nHANGUP\nb')

    call = FakeAsterisk(serve({"echo": script}).server_address, script="echo").run()
    assert call.commands == [r'SET VARIABLE "ROUTE_GREETING" "a\" HANGUP b"']


def test_a_script_that_fails(database: Engine, serve: Serve) -> None:
    def script(channel: Channel, session: Session) -> None:
        raise RuntimeError("broken")

    server = serve({"echo": script})
    assert FakeAsterisk(server.server_address, script="echo").run().commands == []


def test_a_script_that_hangs_is_cut_off(database: Engine, serve: Serve) -> None:
    release = threading.Event()

    def script(channel: Channel, session: Session) -> None:
        release.wait(10)
        channel.set(Variable.DONE, 1)

    server = serve({"echo": script}, seconds=0.4)
    began = time.monotonic()
    call = FakeAsterisk(server.server_address, script="echo").run()
    assert 0.3 < time.monotonic() - began < 1.5
    release.set()
    assert "ROUTE_DONE" not in call.variables


def test_an_asterisk_that_says_nothing_is_let_go(echoing: AgiServer) -> None:
    with FakeAsterisk(echoing.server_address).connected() as connection:
        connection.sendall(b"agi_network: yes\n")
        began = time.monotonic()
        assert connection.recv(1) == b""
        assert time.monotonic() - began < 2
    still_serves(echoing)


def test_an_asterisk_that_drips_is_let_go(echoing: AgiServer) -> None:
    """Each byte comes within the read limit, all of them together do not."""
    with FakeAsterisk(echoing.server_address).connected() as connection:
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
    call = FakeAsterisk(server.server_address, variables=dict(ROUTE)).run()
    assert time.monotonic() - began < 2
    assert "ROUTE_DONE" not in call.variables


def test_the_database_accepts_and_says_nothing(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        db.bind(db.make_engine(f"postgresql+psycopg://nobody@127.0.0.1:{port}/gone"))
        server = serve(seconds=0.5)
        began = time.monotonic()
        FakeAsterisk(server.server_address, variables=dict(ROUTE)).run()
        assert time.monotonic() - began < 1.5


def test_a_writer_holds_the_database(database: Engine, serve: Serve) -> None:
    """Reading waits for no writer."""
    server = serve(seconds=1.8)
    with db.unit_of_work():
        call = FakeAsterisk(server.server_address, variables=dict(ROUTE)).run()
    assert call.variables["ROUTE_DONE"] == "1"


def test_many_callers_at_once(server: AgiServer) -> None:
    def call(number: int) -> dict[str, str]:
        variables = ROUTE | {"CALLER": f"139{number:08d}"}
        return FakeAsterisk(server.server_address, variables=variables).run().variables

    with ThreadPoolExecutor(50) as callers:
        done = list(callers.map(call, range(200)))
    assert all(variables.get("ROUTE_DONE") == "1" for variables in done)


def test_hanging_scripts_do_not_pile_up(database: Engine, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(module, "MOST_SESSIONS", 5)
    server = serve({"echo": lambda channel, session: release.wait(10) and None}, seconds=5)
    connections = [socket.create_connection(server.server_address, timeout=3) for _ in range(5)]
    for connection in connections:
        connection.sendall(FakeAsterisk(server.server_address, script="echo").header())
    ends = time.monotonic() + 3
    while server.sessions < 5 and time.monotonic() < ends:
        time.sleep(0.01)
    with FakeAsterisk(server.server_address).connected() as sixth:
        sixth.settimeout(1)
        assert sixth.recv(1) == b""
    release.set()
    for connection in connections:
        connection.close()


def test_the_program_lets_running_scripts_end(tmp_path: object) -> None:
    """As a process: serves, and on SIGTERM ends by itself with status 0."""
    port = free_port()
    environment = os.environ | {"CALLCENTER_AGI_PORT": str(port), "CALLCENTER_DATA_DIR": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-m", "agi_scripts"], env=environment, stderr=subprocess.PIPE)
    try:
        wait_for_port(port, process)
        # An empty database has no tables: the script fails, the caller goes on.
        assert "ROUTE_DONE" not in FakeAsterisk(("127.0.0.1", port), variables=dict(ROUTE)).run().variables
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert ROUTE["CALLER"] not in errors.decode()
    assert HEADER["agi_callerid"] not in errors.decode()
