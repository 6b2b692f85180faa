"""FastAGI sessions a second, with p50 and p99, of our server and three others: same script, one run.

    python -m benchmarks.agi_sessions [--seconds 5] [--rounds 3] [--at-once 16]

The caller's side is a process of its own that answers each command at once, so it costs as little as it can. What the
server itself can carry follows from its CPU time for each session; what limits it is that one interpreter runs it all.
"""

import argparse
import os
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callcenter.core import db
from callcenter.parts import free_port
from callcenter.seed import seed_city
from callcenter.settings import Settings
from callcenter.tables import load_models

SERVERS = ("ours", "pyst2", "panoramisk", "pystrix")
TICKS = os.sysconf("SC_CLK_TCK")
HEADER = (
    "".join(
        f"agi_{name}: {value}\n"
        for name, value in {
            "network": "yes", "network_script": "route_call", "request": "agi://127.0.0.1/route_call",
            "channel": "PJSIP/trunk-00000001", "language": "zh", "type": "PJSIP", "uniqueid": "hl1-1.1",
            "version": "22.10.1", "callerid": "13912345678", "calleridname": "unknown", "callingpres": "0",
            "callingani2": "0", "callington": "0", "callingtns": "0", "dnid": "12345", "rdnis": "unknown",
            "context": "hotline", "extension": "s", "priority": "14", "enhanced": "0.0", "accountcode": "",
            "threadid": "140000000000000", "arg_1": "5f0c7a9e-4b6d-4d7e-9a53-1d2b6f0e8c11", "arg_2": "12345",
            "arg_3": "13912345678",
        }.items()
    )
    + "\n"
).encode()  # fmt: skip


@dataclass
class Result:
    """What one server did in one round."""

    per_second: float
    p50: float
    p99: float
    busy: float
    """Share of one core that the server used: near 1, its interpreter is the limit."""
    cpu: float
    """Its CPU seconds for each session."""
    failed: int


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=5)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--at-once", type=int, default=16)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="agi-") as folder:
        url = prepared_database(Path(folder))
        for kind, suffix in (("with the look-ups of route_call", ""), ("protocol alone", "-bare")):
            results: dict[str, list[Result]] = {name: [] for name in SERVERS}
            for turn in range(chosen.rounds):
                order = SERVERS if turn % 2 == 0 else SERVERS[::-1]  # whatever else the machine does hits all alike
                for name in order:
                    with running(name + suffix, url) as (port, pid):
                        measure(port, pid, 0.5, chosen.at_once)  # first imports, first connections
                        results[name].append(measure(port, pid, chosen.seconds, chosen.at_once))
            show(kind, results)


def prepared_database(folder: Path) -> str:
    """A SQLite file like a hotline's, with the sample city in it."""
    url = f"sqlite:///{folder}/hotline.db"
    load_models()
    engine = db.make_engine(url)
    db.Base.metadata.create_all(engine)
    db.bind(engine)
    seed_city(Settings())
    return url


@contextmanager
def running(name: str, url: str) -> Iterator[tuple[int, int]]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks._agi_servers", name, str(port), url],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        ends = time.monotonic() + 20
        # A whole session: a connection that says nothing sends panoramisk into an endless loop.
        while not answers(port):
            if process.poll() is not None or time.monotonic() > ends:
                raise SystemExit(f"{name} did not start")
            time.sleep(0.05)
        yield port, process.pid
    finally:
        process.kill()
        process.wait()


class Callers:
    """So many callers at once in one thread, each calling again as soon as it is done."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.selector = selectors.DefaultSelector()
        self.times: list[float] = []
        self.failed = 0

    def run(self, at_once: int, seconds: float) -> float:
        """Returns how long it took until the last caller was done."""
        began = time.monotonic()
        for _ in range(at_once):
            self.call()
        while self.selector.get_map():
            for key, _ in self.selector.select(5):
                if self.is_over(key.fileobj, *key.data) and time.monotonic() < began + seconds:
                    self.call()
        return time.monotonic() - began

    def call(self) -> None:
        link = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        link.sendall(HEADER)
        self.selector.register(link, selectors.EVENT_READ, (time.monotonic(), bytearray()))

    def is_over(self, link: Any, began: float, said: bytearray) -> bool:
        """Answer a command; at the end, count the call if the script had set its variables with one command."""
        more = link.recv(4096)
        if more:
            said += more
            if said.endswith(b"\n"):
                link.sendall(b"200 result=0\n")
            return False
        self.selector.unregister(link)
        link.close()
        if said.startswith(b"EXEC MSet") and said.count(b"\n") == 1 and b"ROUTE_DONE=1" in said:
            self.times.append(time.monotonic() - began)
        else:
            self.failed += 1
        return True


def measure(port: int, pid: int, seconds: float, at_once: int) -> Result:
    callers = Callers(port)
    before = cpu_seconds(pid)
    passed = callers.run(at_once, seconds)
    used = cpu_seconds(pid) - before
    cuts = statistics.quantiles(callers.times, n=100)
    return Result(
        len(callers.times) / passed, cuts[49], cuts[98], used / passed, used / len(callers.times), callers.failed
    )


def answers(port: int) -> bool:
    """One call, from connecting to the end."""
    callers = Callers(port)
    try:
        callers.run(1, 0)
    except OSError:
        return False
    return bool(callers.times)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def show(kind: str, results: dict[str, list[Result]]) -> None:
    print(f"\n{kind} (median of {len(results['ours'])} rounds)")
    print(f"{'server':<12}{'sessions/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'busy':>7}{'CPU ms/session':>16}{'failed':>8}")
    for name, rounds in results.items():
        rate, p50, p99, busy, cpu = (
            statistics.median(getattr(found, field) for found in rounds)
            for field in ("per_second", "p50", "p99", "busy", "cpu")
        )
        lost = sum(found.failed for found in rounds)
        print(f"{name:<12}{rate:>12.0f}{p50 * 1000:>9.2f}{p99 * 1000:>9.2f}{busy:>7.0%}{cpu * 1000:>16.3f}{lost:>8}")
    others = max(statistics.median(r.per_second for r in rounds) for name, rounds in results.items() if name != "ours")
    print(f"ours / best of the others: {statistics.median(r.per_second for r in results['ours']) / others:.2f}")


if __name__ == "__main__":
    main()
