"""Live assist: from a segment's arrival to the advice on its way to the screens, on a database with many tickets.

    python -m benchmarks.assist [--tickets 20000]

Segments go through the same service as those of the recogniser: kept, decided on, advised on, committed. SQLite in a
file,
the sample city's rules and entries, Redis answered by nobody (sending is not measured). The promise is 300 ms.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from asr.protocol import MessageKind, TranscriptMessage
from callcenter.assist import service as assist
from callcenter.calls.models import Call, Party, Tap
from callcenter.core import bus, db
from callcenter.core.clock import now
from callcenter.core.security import SYSTEM
from callcenter.directory import service as directory
from callcenter.knowledge.service import transfer
from callcenter.knowledge.table import ENTRIES_FILE, read_entries
from callcenter.routing.evaluate import read_rows
from callcenter.settings import get_settings
from callcenter.tables import load_models
from callcenter.tickets.models import Ticket, TicketCaller
from callcenter.transcripts import service as transcripts

SEGMENT = 12
PROMISE_MS = 300
CALLS = 12
NUMBER = "13893112345"


def fill(tickets: int) -> None:
    """Entries, and tickets of the last month spread over topics and towns, some of them this caller's."""
    chance = random.Random(12345)
    folder = get_settings().city_dir
    rows = read_rows(folder / "examples.tsv")
    with db.unit_of_work() as session:
        directory.import_city(session, folder=folder)
        transfer.import_entries(session, entries=read_entries(folder / ENTRIES_FILE), by=SYSTEM, in_force=True)
        made = []
        for n in range(tickets):
            row = chance.choice(rows)
            made.append(_ticket(n, row, chance.uniform(0, 720)))
        session.add_all(made)
        session.flush()
        session.add_all(
            TicketCaller(ticket_id=t.id, number=NUMBER if chance.random() < 0.001 else "13700000000") for t in made
        )


def _ticket(n: int, row: dict[str, str], hours_ago: float) -> Ticket:
    same = {name: row[name] for name in ("kind", "topic", "urgency", "outcome", "town")}
    return Ticket(
        **same,
        number=f"B-{n:07d}",
        title=row["topic"],
        content=row["utterance"],
        place=row["town"],
        is_secret=False,
        profile_code="WD7",
        suggestion={},
        verdict="none",
        registered_at=now() - timedelta(hours=hours_ago),
    )


def talk(call_id: str, text: str, finals: list[float], interims: list[float]) -> None:
    """One call: interim and final of each segment, timed."""
    with db.unit_of_work() as session:
        call = Call(id=call_id, caller_number=NUMBER, started_at=now(), state_at=now())
        session.add(call)
        session.flush()
        session.add(Tap(id=f"tap-{call_id}", call_id=call_id, party=Party.CALLER, opened_at=now()))
        began = call.started_at
    for seq, start in enumerate(range(0, len(text), SEGMENT), start=1):
        piece = text[start : start + SEGMENT]
        message = TranscriptMessage(
            f"tap-{call_id}", seq, MessageKind.FINAL, began, seq * 1000, seq * 1000 + 900, piece, piece
        )
        interims.append(_timed(lambda m=message: _announce(m)))  # type: ignore[misc]
        finals.append(_timed(lambda m=message: _receive(m)))  # type: ignore[misc]


def _receive(message: TranscriptMessage) -> None:
    with db.unit_of_work() as session:
        transcripts.receive(session, messages=[message])


def _announce(message: TranscriptMessage) -> None:
    assist._glanced.clear()
    with db.reading() as session:
        transcripts.announce(session, messages=[message])


def _timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


def _line(name: str, times: list[float]) -> str:
    p50, p99 = statistics.median(times), statistics.quantiles(times, n=100)[98]
    late = sum(t > PROMISE_MS for t in times)
    return f"| {name} | {len(times)} | {p50:.1f} | {p99:.1f} | {max(times):.1f} | {late} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=20_000)
    tickets = parser.parse_args().tickets
    bus.send = lambda *_args, **_named: None  # type: ignore[assignment]
    load_models()
    with tempfile.TemporaryDirectory() as folder:
        engine = db.make_engine(f"sqlite:///{Path(folder) / 'bench.db'}")
        db.Base.metadata.create_all(engine)
        db.bind(engine)
        fill(tickets)
        sentences = [row["utterance"] for row in read_rows(get_settings().city_dir / "examples.tsv")]
        finals: list[float] = []
        interims: list[float] = []
        talk("warm", sentences[0], [], [])
        for n in range(CALLS):
            talk(f"call-{n}", "".join(sentences[n * 7 : n * 7 + 7])[:480], finals, interims)
        engine.dispose()
    print(f"{tickets} tickets, {CALLS} calls of up to 480 characters, segments of {SEGMENT}")
    print("| Segment | n | p50 ms | p99 ms | worst ms | later than 300 ms |")
    print("|---|---|---|---|---|---|")
    print(_line("final: kept, advised, committed", finals))
    print(_line("interim: advised", interims))
    third = len(finals) // CALLS // 3
    per_call = [finals[k * len(finals) // CALLS : (k + 1) * len(finals) // CALLS] for k in range(CALLS)]
    first = statistics.median(t for times in per_call for t in times[:third])
    last = statistics.median(t for times in per_call for t in times[-third:])
    print(f"median of the first third of each call {first:.1f} ms, of the last {last:.1f} ms")


if __name__ == "__main__":
    main()
