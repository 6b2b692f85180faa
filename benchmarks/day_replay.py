"""A day's traffic in minutes, on the whole hotline, and at the end Asterisk's own count beside ours: no difference.

    python -m benchmarks.day_replay [--calls 250] [--minutes 5] [--desks 12] [--cuts 100] [--kills 3]

Callers are real SIP phones, operators real phones and logins; a day's profile (callcenter/simulation) is pressed into
the minutes, talks are as short. Meanwhile every link to Asterisk's manager interface is cut so many times at random,
and the listener killed so often. Compared: all that the wallboard and the figures say, operator by operator, with
Asterisk's channel events; during the run, who waits, with Asterisk's queues; and no department was rung more often
than operators asked for it.
"""

import argparse
import os
import re
import shutil
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, select

from benchmarks import people, witness
from benchmarks.people import Kind, Plan, Shift
from callcenter.calls.models import CallbackKind, CallbackRequest, Leg, Party
from callcenter.core import db
from callcenter.pbx import asterisk
from callcenter.settings import PROJECT_ROOT, Settings
from callcenter.simulation.mix import DAY_WEIGHTS, NIGHT_HOURS
from callcenter.tables import load_models
from demo.api import Api
from softphone import Phone
from softphone.errors import PhoneError
from tests.run.conftest import Running, started

QUEUE_SECONDS = 18
DAY, NIGHT = "rule\tvalue\tqueue\tnote\n", "rule\tvalue\tqueue\tnote\nnight\t00:00-23:59:59\tqnight\t\n"
NIGHT_WEIGHT = 2
MIX = {
    Kind.TALK: 42, Kind.CUT_SHORT: 14, Kind.HELD: 6, Kind.GIVES_UP: 12, Kind.HANGS_UP: 6, Kind.CALLBACK: 4,
    Kind.MOVED: 8, Kind.THREE_WAY: 8,
}  # fmt: skip
NUMBERS = ("12345", "12345", "12345", "12345", "12319", "12329", "12348")
DEPARTMENT = "0573199"
SETTLE_SECONDS = 90.0


@dataclass
class Day:
    """What was done and what came of it."""

    calls: int = 0
    cuts: int = 0
    kills: int = 0
    looks: int = 0
    """How often who waits was compared, and was the same."""
    links: int = 0
    """How often our side was linked to Asterisk: at its start, and after each cut and kill."""
    departments: int = 0
    callbacks: int = 0
    """Callers who asked by key to be called back."""
    by_kind: Counter[Kind] = field(default_factory=Counter)
    differences: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)


def plan(calls: int, seconds: float, seed: int) -> list[Plan]:
    """So many calls over the hours of a day; the day is that long."""
    chance = Random(seed)
    weights = {hour: DAY_WEIGHTS.get(hour, NIGHT_WEIGHT if hour in NIGHT_HOURS else 0) for hour in range(24)}
    hours = chance.choices(list(weights), weights=list(weights.values()), k=calls)
    kinds = list(MIX) + chance.choices(list(MIX), weights=list(MIX.values()), k=max(calls - len(MIX), 0))
    chance.shuffle(kinds)
    return [
        Plan(
            number=f"138{seed % 100:02d}{number:06d}",
            at=(hour + chance.random()) * seconds / 24,
            kind=kind,
            did=chance.choice(NUMBERS),
            seconds=1.0 + chance.random() * 5,
        )
        for number, (hour, kind) in enumerate(zip(hours, kinds[:calls], strict=True))
    ]


@contextmanager
def hotline(folder: Path) -> Iterator[Running]:
    """A hotline whose Asterisk keeps its own account, with a city whose night can be switched."""
    city = folder / "city"
    shutil.copytree(PROJECT_ROOT / "routing_rules" / "city", city)
    (city / "oncall.tsv").write_text("days\thours\tname\tnumber\n")
    (city / "arrivals.tsv").write_text(DAY)
    more = {
        "CALLCENTER_PBX_RECORDS": "1",
        "CALLCENTER_QUEUE_SECONDS": str(QUEUE_SECONDS),
        "CALLCENTER_LEADER_QUEUE_SECONDS": "5",
        "CALLCENTER_CITY_DIR": str(city),
    }
    data = folder / "var"
    data.mkdir()
    with started(data, **more) as running:
        load_models()
        db.bind(db.make_engine(f"sqlite:///{data / 'hotline.db'}"))
        yield running


def settings_of(running: Running) -> Settings:
    """What the console of Asterisk needs to be asked."""
    return Settings(data_dir=running.folder, asterisk_root=Settings().asterisk_tree)


def replay(running: Running, plans: Sequence[Plan], *, seconds: float, desks: int, cuts: int, kills: int) -> Day:
    """Play the day and compare."""
    day, since = Day(), datetime.now(UTC)
    seats = [["qparty"], ["qparty"], ["qnight", "q12345"], *[["q12345"]] * max(desks - 3, 1)]
    with ExitStack() as stack:
        boss = Api(running.web_url, "supervisor", running.accounts["supervisor"])
        stack.callback(boss.close)
        outside = Phone("outside", ("127.0.0.1", running.sip_port), bind_port=running.carrier_port)
        stack.callback(outside.close)
        trunk = stack.enter_context(Phone("trunk", ("127.0.0.1", running.sip_port), bind_ip=people.TRUNK_IP))
        with people.shift(running, plans, seats, department=DEPARTMENT, voice=None) as shift:
            over, rung = threading.Event(), Counter[str]()
            around = [
                threading.Thread(target=_departments, args=(outside, rung, over)),
                threading.Thread(target=_cut, args=(running, day, cuts, seconds, over)),
                threading.Thread(target=_kill, args=(running, day, kills, seconds, over)),
                threading.Thread(target=_night, args=(running.folder.parent / "city", seconds, over)),
                threading.Thread(target=_look, args=(running, boss, day, over)),
            ]
            for thread in around:
                thread.start()
            _callers(trunk, shift, plans)
            over.set()
            for thread in around:
                thread.join(60)
        _compare(running, boss, day, since)
        day.departments = rung.total()
        logs = (running.folder / "run" / "log" / f"{role}.log" for role in ("listen", "web"))
        day.links = sum(log.read_text().count("linked to the PBX") for log in logs)
        day.by_kind.update(one.kind for one in plans)
        for number in rung.keys() | shift.ordered.keys():
            if not shift.accepted[number] <= rung[number] <= shift.ordered[number]:
                day.differences[f"department {number}"] = rung[number], shift.ordered[number]
    return day


def _callers(trunk: Phone, shift: Shift, plans: Sequence[Plan]) -> None:
    began, threads = time.monotonic(), []
    for one in sorted(plans, key=lambda one: one.at):
        time.sleep(max(one.at - (time.monotonic() - began), 0))
        threads.append(threading.Thread(target=people.call, args=(trunk, shift, one, float(QUEUE_SECONDS))))
        threads[-1].start()
    for thread in threads:
        thread.join(people.LONGEST_CALL_SECONDS)


def _cut(running: Running, day: Day, cuts: int, seconds: float, over: threading.Event) -> None:
    """Throws every session of the manager interface out, at random moments."""
    chance, settings = Random(cuts), settings_of(running)
    while day.cuts < cuts and not over.wait(chance.random() * 1.8 * seconds / cuts):
        with suppress(Exception):
            shown = asterisk.rx(settings, "manager show connected")
            for session in re.findall(r"^\s*hotline\s.*?\s(\d+)\s+\d+\s+\d+\s+\d+\s*$", shown, re.M):
                asterisk.rx(settings, f"manager kick session {session}")
            day.cuts += 1


def _kill(running: Running, day: Day, kills: int, seconds: float, over: threading.Event) -> None:
    """Kills the listener; the supervisor starts it again."""
    for _ in range(kills):
        if over.wait(seconds / (kills + 1)):
            return
        with suppress(AssertionError, ProcessLookupError):
            os.kill(running.pid("listen"), signal.SIGKILL)
            day.kills += 1


def _night(city: Path, seconds: float, over: threading.Event) -> None:
    """The city's table says that it is night from 20 to 8 o'clock of the day that is played."""
    for text, hours in ((NIGHT, 8), (DAY, 12), (NIGHT, 4)):
        (city / "arrivals.tsv").write_text(text)
        if over.wait(hours * seconds / 24):
            return


def _look(running: Running, boss: Api, day: Day, over: threading.Event) -> None:
    """Again and again: who waits, by the wallboard, and by Asterisk's queues just before and after."""
    settings = settings_of(running)
    while not over.wait(2.0):
        with suppress(Exception):
            before, waits = _waiting(settings), boss.get("/api/wallboard")["waiting"]
            if before == _waiting(settings) == {queue["queue"]: queue["callers"] for queue in waits}:
                day.looks += 1


def _waiting(settings: Settings) -> dict[str, int]:
    found = re.findall(r"^(\w+)\s+has (\d+) calls", asterisk.rx(settings, "queue show"), re.M)
    return {queue: int(callers) for queue, callers in found if int(callers)}


def _departments(outside: Phone, rung: Counter[str], over: threading.Event) -> None:
    """Whoever is called in answers; how often each was rung is counted."""
    while not over.is_set():
        with suppress(PhoneError):
            ring = outside.wait_ring(0.5)
            rung[ring.called_number] += 1
            ring.answer()


def _compare(running: Running, boss: Api, day: Day, since: datetime) -> None:
    file = running.folder / witness.FILE
    ends = time.monotonic() + SETTLE_SECONDS
    while True:
        query = {"since": since.isoformat(), "until": datetime.now(UTC).isoformat()}
        day.figures = witness.tally(seen := witness.read(file))
        parts = (boss.get(f"/api/wallboard{path}", **query) for path in ("", "/by/queue", "/history"))
        ours = witness.shown(*parts)
        day.differences = witness.differences(day.figures, ours)
        figures = {rate["code"]: rate for rate in boss.get("/api/figures", **query)["figures"]}
        for code in day.figures.keys() & figures.keys():
            if (pair := (figures[code]["numerator"], figures[code]["denominator"])) != day.figures[code]:
                day.differences[f"figures: {code}"] = day.figures[code], pair
        _operators(running, boss, day, since)
        day.calls = len(seen)
        if not day.differences or time.monotonic() > ends:
            break
        time.sleep(2)


def _operators(running: Running, boss: Api, day: Day, since: datetime) -> None:
    """Answered by each extension, and what each seat is now."""
    asked = select(func.count()).where(CallbackRequest.requested_at >= since, CallbackRequest.kind == CallbackKind.KEY)
    answered = select(Leg.number).where(Leg.party == Party.OPERATOR, Leg.answered_at >= since)
    with db.reading() as session:
        legs = Counter(session.scalars(answered))
        day.callbacks = session.scalar(asked) or 0
    if (witnessed := witness.by_operator(running.folder / witness.FILE)) != dict(legs):
        day.differences["answered by each"] = witnessed, dict(legs)
    paused = {}
    for row in asterisk.rx(settings_of(running), "queue show").splitlines():
        if found := re.search(r"PJSIP/(\d+)", row):
            paused[found[1]] = "(paused" in re.sub(r"\x1b\[[0-9;]*m", "", row)
    seats = {seat["extension"]: seat["state"] for seat in boss.get("/api/operators") if seat["state"] != "offline"}
    if paused != {extension: state in ("break", "wrap_up") for extension, state in seats.items()}:
        day.differences["seats"] = paused, seats


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--calls", type=int, default=250)
    options.add_argument("--minutes", type=float, default=5.0)
    options.add_argument("--desks", type=int, default=12)
    options.add_argument("--cuts", type=int, default=100)
    options.add_argument("--kills", type=int, default=3)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    seconds = chosen.minutes * 60
    with tempfile.TemporaryDirectory(prefix="day-") as folder, hotline(Path(folder)) as running:
        plans = plan(chosen.calls, seconds, chosen.seed)
        day = replay(running, plans, seconds=seconds, desks=chosen.desks, cuts=chosen.cuts, kills=chosen.kills)
    print("| Figure | Asterisk's own count | ours |")
    print("|---|---|---|")
    for name, value in day.figures.items():
        shown = f"{value:.1f} s" if isinstance(value, float) else value
        print(f"| {name} | {shown} | {'the same' if name not in day.differences else day.differences[name][1]} |")
    print(
        f"{day.calls} calls of a day in {chosen.minutes:g} minutes, {day.cuts} cuts of the links, {day.kills} kills of "
        f"the listener, {day.links} times linked again; who waits compared and equal {day.looks} times"
    )
    kinds = ", ".join(f"{count} {kind}" for kind, count in day.by_kind.most_common())
    print(f"planned: {kinds}; departments rung: {day.departments}; callbacks asked for by key: {day.callbacks}")
    print(f"differences: {len(day.differences)}")
    for name, pair in day.differences.items():
        print(f"  {name}: {pair}")
    raise SystemExit(bool(day.differences))


if __name__ == "__main__":
    main()
