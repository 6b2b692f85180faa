"""From an event on the line to the figure on the wallboard, and what more viewers cost.

`python -m benchmarks.wallboard`: the web role as a process of its own, on SQLite with a day's calls in it, and viewers
who behave as the page does: hear of an event, wait half a second, ask for the board. Facts come at the pace of 500
calls an hour. Prints the delays and the web role's share of a core.
"""

import os
import subprocess
import sys
import tempfile
import time
import uuid
from datetime import timedelta
from pathlib import Path

import httpx2

from benchmarks.tap_cpu import cpu_seconds
from benchmarks.viewers import percentiles, viewers
from callcenter.accounts import service as accounts
from callcenter.calls.lifecycle import CallState
from callcenter.calls.models import Call
from callcenter.calls.service import line
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.security import Role
from callcenter.parts import free_port
from callcenter.tables import load_models

VIEWERS = (1, 10, 50, 100)
SECONDS = 15.0
FACTS_A_SECOND = 2.0
CALLS_TODAY = 5000


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        ports = {name: free_port() for name in ("web", "redis", "none")}
        # Before anything of ours opens a connection: the bus reads the address once.
        os.environ["CALLCENTER_REDIS_URL"] = f"redis://127.0.0.1:{ports['redis']}/0"
        token = _prepare(Path(folder))
        with _processes(folder, ports) as (_, web):
            print("| Viewers | event to page p50 | p99 | event to figure p50 | p99 | web role, of a core | a viewer |")
            print("|---|---|---|---|---|---|---|")
            for count in VIEWERS:
                _round(ports["web"], token, count, web.pid)


def _prepare(folder: Path) -> str:
    load_models()
    engine = db.make_engine(f"sqlite:///{folder / 'hotline.db'}")
    db.Base.metadata.create_all(engine)
    db.bind(engine)
    with db.unit_of_work() as session:
        user = accounts.create_user(
            session, username="boss", name="班长", password="correct-horse", roles=[Role.SUPERVISOR]
        )
        at = now()
        for number in range(CALLS_TODAY):
            began = at - timedelta(seconds=number * 5)
            times = {"queued_at": began, "rang_at": began, "answered_at": began + timedelta(seconds=number % 30)}
            ended = began + timedelta(seconds=120)
            call = Call(id=str(uuid.uuid4()), started_at=began, state_at=ended, ended_at=ended, queue="q12345", **times)
            call.state = CallState.ENDED
            session.add(call)
        return accounts.open_session(session, user=user)


class _processes:  # noqa: N801 (used as a function)
    """A private Redis and the web role, gone at the end."""

    def __init__(self, folder: str, ports: dict[str, int]) -> None:
        environment = {
            **os.environ,
            "CALLCENTER_DATA_DIR": folder,
            "CALLCENTER_WEB_PORT": str(ports["web"]),
            "CALLCENTER_AMI_PORT": str(ports["none"]),
        }
        redis = ["redis-server", "--bind", "127.0.0.1", "--port", str(ports["redis"]), "--save", "", "--dir", folder]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._all = (
            subprocess.Popen(redis, **quiet),  # type: ignore[call-overload]
            subprocess.Popen([sys.executable, "-m", "callcenter", "web"], env=environment, **quiet),  # type: ignore[call-overload]
        )
        self._url = f"http://127.0.0.1:{ports['web']}/api/health"

    def __enter__(self) -> tuple["subprocess.Popen[bytes]", ...]:
        ends = time.monotonic() + 30
        while time.monotonic() < ends:
            try:
                httpx2.get(self._url, timeout=1)
                return self._all
            except httpx2.HTTPError:
                time.sleep(0.2)
        raise RuntimeError("the web role did not start")

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._all):
            process.kill()
            process.wait(15)


def _round(port: int, token: str, count: int, pid: int) -> None:
    sent: dict[str, float] = {}
    with viewers(port, token, count, SECONDS) as looks:
        before, began = cpu_seconds(pid), time.monotonic()
        while time.monotonic() - began < SECONDS:
            call_id = str(uuid.uuid4())
            sent[call_id] = time.time()
            _arrive(call_id)
            time.sleep(1 / FACTS_A_SECOND)
        share = (cpu_seconds(pid) - before) / (time.monotonic() - began)
    assert len(looks) == len(sent) * count, f"{len(sent)} facts, {len(looks)} seen by {count}"
    heard = percentiles([look.heard - sent[look.call_id] for look in looks])
    seen = percentiles([look.seen - sent[look.call_id] for look in looks])
    shown = " | ".join(f"{p50:.0f} ms | {p99:.0f} ms" for p50, p99 in (heard, seen))
    print(f"| {count} | {shown} | {share:.1%} | {share / count:.2%} |", flush=True)


def _arrive(call_id: str) -> None:
    with db.unit_of_work() as session:
        at = now()
        line.started(session, call_id=call_id, leg_key=call_id, did="12345", caller_number=None, at=at)


if __name__ == "__main__":
    main()
