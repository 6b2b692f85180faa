"""A shift at full strength on one machine: what a call costs, how late the wallboard is, what viewers cost.

    python -m benchmarks.shift_load [--desks 100] [--calls-an-hour 500] [--talk 60] [--minutes 4] [--viewers 1 20 100]

The whole hotline (`callcenter run`), operators with real SIP phones and logins, callers over the trunk at the pace
given, every call recorded and tapped to the recogniser. Everybody is silent: recognition has a benchmark of its own and
would drown the rest. One round of so many minutes for each number of viewers. CPU of a role per call is what it used in
the round less what it uses idle, by the calls that came; delays run from Asterisk's time of a fact (its journal) to the
event in a page, and to the board that shows it.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from benchmarks import people
from benchmarks.people import Plan, Shift
from benchmarks.tap_cpu import cpu_seconds
from benchmarks.viewers import Look, percentiles, viewers
from callcenter.core import db
from callcenter.pbx import facts, journal
from callcenter.pbx.names import UserEvent
from callcenter.tables import load_models
from demo.api import Api
from softphone import Phone
from tests.run.conftest import Running, started

ROLES = ("asterisk", "listen", "web", "agi", "work", "asr", "redis")
IDLE_SECONDS = 20.0
QUEUE_SECONDS = 120.0
SHOWN_AS = {
    UserEvent.CALL_START: "greeting",
    UserEvent.QUEUE_JOINED: "queued",
    UserEvent.OPERATOR_RUNG: "ringing",
    UserEvent.CALL_END: "ended",
}
"""The state of the call in the event that a fact causes."""


@dataclass(frozen=True)
class Round:
    """What one round measured."""

    viewers: int
    calls: int
    milliseconds: dict[str, float]
    """CPU per call, by role."""
    web_share: float
    """Of a core, viewers included."""
    heard: tuple[float, float]
    seen: tuple[float, float]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--desks", type=int, default=100)
    options.add_argument("--calls-an-hour", type=float, default=500)
    options.add_argument("--talk", type=float, default=60.0, help="mean seconds of talk")
    options.add_argument("--minutes", type=float, default=4.0)
    options.add_argument("--viewers", type=int, nargs="+", default=[1, 20, 100])
    chosen = options.parse_args()
    gap, seconds = 3600 / chosen.calls_an_hour, chosen.minutes * 60
    chance = Random(1)
    count = int(seconds / gap)
    plans = [
        [
            Plan(f"137{number:02d}{index:06d}", index * gap, seconds=chance.expovariate(1 / chosen.talk))
            for index in range(count)
        ]
        for number in range(len(chosen.viewers))
    ]
    everyone = [plan for part in plans for plan in part]
    with tempfile.TemporaryDirectory(prefix="shift-") as folder, started(Path(folder)) as running:
        load_models()
        db.bind(db.make_engine(f"sqlite:///{running.folder / 'hotline.db'}"))
        with people.shift(running, everyone, [["q12345"]] * chosen.desks, department="", voice=None) as shift:
            time.sleep(10)
            idle = _cpu(running)
            time.sleep(IDLE_SECONDS)
            idle = {role: (used - idle[role]) / IDLE_SECONDS for role, used in _cpu(running).items()}
            print(f"{chosen.desks} desks, idle: " + ", ".join(f"{role} {used:.1%}" for role, used in idle.items()))
            print(
                "| Viewers | calls | " + " | ".join(f"{role} ms/call" for role in ROLES) + " | web of a core |", end=""
            )
            print(" event to page p50 | p99 | event to figure p50 | p99 |")
            print("|---" * (len(ROLES) + 7) + "|")
            for number, part in zip(chosen.viewers, plans, strict=True):
                _show(_round(running, shift, part, number, seconds, idle))


def _round(
    running: Running, shift: Shift, plans: Sequence[Plan], count: int, seconds: float, idle: dict[str, float]
) -> Round:
    port = int(running.web_url.rpartition(":")[2])
    boss = Api(running.web_url, "supervisor", running.accounts["supervisor"])
    since = datetime.now(UTC)
    with (
        viewers(port, boss.token, count, seconds) as looks,
        Phone("trunk", ("127.0.0.1", running.sip_port), bind_ip=people.TRUNK_IP) as trunk,
    ):
        before, began = _cpu(running), time.monotonic()
        threads = []
        for plan in plans:
            time.sleep(max(plan.at - (time.monotonic() - began), 0))
            threads.append(threading.Thread(target=people.call, args=(trunk, shift, plan, QUEUE_SECONDS)))
            threads[-1].start()
        time.sleep(max(seconds - (time.monotonic() - began), 0))
        web_share = (_cpu(running)["web"] - before["web"]) / (time.monotonic() - began)
        for thread in threads:
            thread.join(people.LONGEST_CALL_SECONDS)
        passed = time.monotonic() - began
        used = {role: now - before[role] for role, now in _cpu(running).items()}
    boss.close()
    heard, seen = _delays(running, looks, since)
    return Round(
        count,
        len(plans),
        {role: (used[role] - idle[role] * passed) / len(plans) * 1000 for role in ROLES},
        web_share,
        percentiles(heard),
        percentiles(seen),
    )


def _delays(running: Running, looks: Sequence[Look], since: datetime) -> tuple[list[float], list[float]]:
    """From each fact to every page that heard of it, and to the board with it."""
    told: dict[tuple[str, str], float] = {}
    for row in journal.facts(running.folder / "asterisk" / "journal", since):
        fact = facts.read(row)
        if fact is not None and fact.name in SHOWN_AS:
            told.setdefault((fact.call_id, SHOWN_AS[fact.name]), fact.at.timestamp())
    first: dict[tuple[int, str, str], Look] = {}
    for look in looks:  # a state may be told again, by what the other legs do
        first.setdefault((look.page, look.call_id, look.state), look)
    chosen = [(look, told[key]) for look in first.values() if (key := (look.call_id, look.state)) in told]
    return [look.heard - at for look, at in chosen], [look.seen - at for look, at in chosen]


def _cpu(running: Running) -> dict[str, float]:
    return {role: cpu_seconds(running.pid(role)) for role in ROLES}


def _show(made: Round) -> None:
    cells = [str(made.viewers), str(made.calls), *(f"{made.milliseconds[role]:.0f}" for role in ROLES)]
    cells += [f"{made.web_share:.1%}", *(f"{delay:.0f} ms" for delay in (*made.heard, *made.seen))]
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
