"""The link to the PBX is cut a hundred times at random under load: the counters equal the PBX's own log of queues."""

import random
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
from sqlalchemy import Engine, select

from callcenter.calls.lifecycle import CallState
from callcenter.calls.models import Call, Leg, Party, TimelineEntry
from callcenter.core import db
from callcenter.operators.models import Operator
from callcenter.pbx import render
from callcenter.pbx.names import UserEvent
from callcenter.settings import PROJECT_ROOT
from softphone import Phone
from tests.pbx.conftest import TRUNK_IP, Line, make_settings, running_line
from tests.pbx.live.conftest import Hotline, Seat, until

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(240)]

CUTS, CALLERS, OPERATORS = 100, 45, 4
SEED = 12345


class Cutter:
    """A wire between the listener and the PBX that can be cut."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target, self._links = target, list[socket.socket]()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(self._target)
                self._links = [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    @staticmethod
    def _carry(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        """In the middle of whatever is being said."""
        if self._links:
            self.cuts += 1
        for link in self._links:
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        self._links = []

    def close(self) -> None:
        self._server.close()
        self.cut()


@pytest.fixture
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """An exchange that keeps its own log of the queues; ours does not, because of the callers' numbers in it."""
    folder = tmp_path_factory.mktemp("cut")
    dialplan = folder / "dialplan"
    shutil.copytree(PROJECT_ROOT / "dialplan", dialplan)
    logger = dialplan / "logger.conf"
    logger.write_text(logger.read_text().replace("queue_log=no", "queue_log=yes"))
    with running_line(make_settings(folder / "var", dialplan_dir=dialplan)) as line:
        yield line


@pytest.fixture
def cutter(line: Line) -> Iterator[Cutter]:
    made = Cutter((line.settings.ami_host, line.settings.ami_port))
    yield made
    made.close()


@pytest.fixture
def wired(cutter: Cutter, hotline: Hotline) -> Hotline:
    """The hotline with its listener behind the wire."""
    from callcenter.pbx.listener import Listener

    hotline.listener.close()
    settings = hotline.settings.model_copy(update={"ami_port": cutter.port})
    hotline.listener = Listener(settings).start()
    until(lambda: hotline.listener.ami.connected and not hotline.listener.ami.must_catch_up, "never caught up", 20)
    return hotline


def test_no_event_is_lost_or_counted_twice(wired: Hotline, cutter: Cutter, number: str) -> None:
    chance = random.Random(SEED)
    seats = [wired.seat(f"8{index}{time.monotonic_ns() // 1000 % 10**5:05d}") for index in range(OPERATORS)]
    done = threading.Event()
    with ExitStack() as stack:
        workers = [threading.Thread(target=_work, args=(seat, done, random.Random(seat.extension))) for seat in seats]
        cutting = threading.Thread(target=_cut, args=(cutter, done, random.Random(SEED)))
        for thread in (*workers, cutting):
            thread.start()
        stack.callback(done.set)
        trunk = stack.enter_context(Phone("trunk", wired.line.sip, bind_ip=TRUNK_IP))
        callers = [
            threading.Thread(target=_call, args=(trunk, f"{int(number) + index}", index / 2.2, chance.random() * 9))
            for index in range(CALLERS)
        ]
        for thread in callers:
            thread.start()
        for thread in callers:
            thread.join(120)
        until(lambda: cutter.cuts >= CUTS, "not cut often enough", 60)
        done.set()
        for thread in (*workers, cutting):
            thread.join(20)
    until(lambda: not wired.line.channels("PJSIP/trunk"), "a caller is still up", 30)
    until(lambda: wired.listener.ami.connected and not wired.listener.ami.must_catch_up, "never caught up", 20)
    _same_as_the_log(wired)
    _same_as_now(wired)


def _cut(cutter: Cutter, done: threading.Event, chance: random.Random) -> None:
    while not done.wait(0.1 + chance.random() * 0.5):
        cutter.cut()


def _work(seat: Seat, done: threading.Event, chance: random.Random) -> None:
    """Answers most calls, ends them, and is ready again as soon as the page lets them."""
    while not done.is_set():
        with suppress(Exception):
            ring = seat.phone.wait_ring(0.5)
            if chance.random() < 0.15:
                ring.reject(486)
            else:
                ring.answer()
                time.sleep(chance.random())
                ring.hang_up()
        # As the browser would: whatever the state, go on.
        seat.client.post("/api/operators/me/ready", headers=seat.headers)


def _call(trunk: Phone, number: str, after: float, patience: float) -> None:
    time.sleep(after)
    with suppress(Exception):
        leg = trunk.call("12345", from_number=number)
        leg.wait_ended(1 + patience)
    with suppress(Exception):
        leg.hang_up()


def _queue_log(line: Line) -> list[list[str]]:
    file = render.home(line.settings) / "log" / "queue_log"
    return [row.split("|") for row in file.read_text().splitlines()]


def _same_as_the_log(hotline: Hotline) -> None:
    log = [row for row in _queue_log(hotline.line) if len(row) > 4]
    entered = {row[1] for row in log if row[4] == "ENTERQUEUE"}
    answered = {(row[1], row[6]) for row in log if row[4] == "CONNECT"}
    with db.unit_of_work() as session:
        calls = session.scalars(select(Call)).all()
        legs = {call.id: session.scalars(select(Leg).where(Leg.call_id == call.id)).all() for call in calls}
        entries = session.scalars(select(TimelineEntry)).all()
    assert len(calls) == CALLERS
    assert all(call.is_over and not call.seen_late for call in calls)
    caller = {call.id: leg.pbx_key for call in calls for leg in legs[call.id] if leg.party is Party.CALLER}
    joined = {caller[entry.call_id] for entry in entries if entry.fact == UserEvent.QUEUE_JOINED}
    assert entered <= joined
    talks = {
        (caller[call.id], leg.pbx_key)
        for call in calls
        for leg in legs[call.id]
        if leg.party is Party.OPERATOR and leg.answered_at
    }
    assert talks == answered
    assert {caller[call.id] for call in calls if call.answered_at} == {who for who, _ in answered}
    assert len(answered) > CALLERS / 3, "a test in which hardly anybody is answered proves little"
    rung = {leg.pbx_key for call in calls for leg in legs[call.id] if leg.party is Party.OPERATOR}
    facts = list(hotline.line.journal())
    assert rung == {fact["Leg"] for fact in facts if fact["UserEvent"] == UserEvent.OPERATOR_RUNG}
    assert all(leg.left_at for call in calls for leg in legs[call.id])
    told = sorted(
        (entry.call_id, entry.at.isoformat(timespec="milliseconds"), entry.fact, entry.leg_key) for entry in entries
    )
    kept = {(fact["CallUUID"], fact["At"].replace("Z", "+00:00"), fact["UserEvent"], fact["Leg"]) for fact in facts}
    assert told == sorted(kept)


def _same_as_now(hotline: Hotline) -> None:
    """What waits, who is there: the database and the PBX say the same."""
    status = hotline.control._list("QueueStatus")
    assert [item for item in status if item["Event"] == "QueueEntry"] == []
    known = hotline.control.memberships()
    with db.unit_of_work() as session:
        assert not session.scalars(select(Call).where(Call.state != CallState.ENDED)).all()
        for operator in session.scalars(select(Operator)):
            member = known[operator.extension]
            assert member.queues == set(operator.queues)
            assert member.paused is (operator.state in ("break", "wrap_up")), (operator.state, member)


def test_what_waits_is_known_again_after_a_cut(
    wired: Hotline, cutter: Cutter, live_engine: Engine, number: str
) -> None:
    """Callers who came, and one who went, while nobody heard."""
    seat = wired.seat(f"8{time.monotonic_ns() // 1000 % 10**6:06d}")
    seat.post("/api/operators/me/pause", reason="用餐")
    with Phone("trunk", wired.line.sip, bind_ip=TRUNK_IP) as trunk:
        until(lambda: "Not in use" in wired.line.rx("queue show q12345"))
        legs = [trunk.call("12345", from_number=f"{int(number) + index}") for index in range(3)]
        until(lambda: [queue["callers"] for queue in seat.get("/api/wallboard")["waiting"]] == [3])
        cutter.cut()
        legs.append(trunk.call("12345", from_number=f"{int(number) + 3}"))
        legs[1].hang_up()

        def entries() -> set[str]:
            return {item["Uniqueid"] for item in wired.control._list("QueueStatus") if item["Event"] == "QueueEntry"}

        def waiting() -> set[str]:
            with db.reading() as session:
                living = select(Leg.pbx_key).join(Call, Call.id == Leg.call_id)
                return set(session.scalars(living.where(Call.state == CallState.QUEUED, Leg.party == Party.CALLER)))

        until(lambda: len(entries()) == 3 and waiting() == entries(), f"{waiting()} is not {entries()}")
        for leg in legs:
            with suppress(Exception):
                leg.hang_up()
        until(lambda: not waiting())
