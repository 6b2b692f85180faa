"""Tickets on PostgreSQL: steps beside bare statements; pages, desk, lights and the sweep as the table grows.

    python -m benchmarks.tickets [--sizes 10000 100000 1000000] [--open 100000] [--rounds 300]

Bare: the same rows read and written by SQLAlchemy without checks, clocks' arithmetic, hashes or events, in turn with
ours, so that what else the machine does falls on both. Pages: growth is a page's time (mean of the fastest third)
against the one at the size before; the first row, which reads nothing, tells the machine's part in it. Of the filled
tickets the newest 5,000 are open (20 days of a city of 250 a day), all others have ended. The sweep is measured apart
with `--open` tickets that are open, while somebody acts on tickets one after the other.
"""

import argparse
import statistics
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from benchmarks import _ticket_rows
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.directory import service as directory
from callcenter.reports.wallboard import lights
from callcenter.settings import PROJECT_ROOT, get_settings
from callcenter.supervision import ladder, watching
from callcenter.supervision.jobs import TOGETHER
from callcenter.supervision.watching import Watch
from callcenter.tables import load_models
from callcenter.tickets import desk, queries, schemas, service
from callcenter.tickets.lifecycle import TicketAction, TicketStatus
from callcenter.tickets.orders import Order
from callcenter.workdays.service import import_calendar
from tests.postgres import PostgresServer

Ask = Callable[[], object]
CLERK = Actor(None, "承办员", frozenset({Role.DEPARTMENT}), "water")


def milliseconds(what: Ask) -> float:
    began = time.perf_counter()
    what()
    return (time.perf_counter() - began) * 1000


def fast(rounds: int, what: Ask) -> float:
    """Mean of the fastest third: what it costs when the machine does nothing else meanwhile."""
    return statistics.mean(sorted(milliseconds(what) for _ in range(rounds))[: max(rounds // 3, 1)])


def register() -> int:
    with db.unit_of_work() as session:
        return service.register_from_decision(session, matter=_ticket_rows.MATTER, by=SYSTEM).id


def dispatch(ticket_id: int) -> None:
    with db.unit_of_work() as session:
        service.act(session, ticket_id=ticket_id, action=TicketAction.DISPATCH, order=Order(version=1), by=SYSTEM)


def beside_bare(rounds: int) -> None:
    """Prints both steps beside the same rows without the service."""
    spent: dict[str, list[float]] = {name: [] for name in ("create", "bare create", "dispatch", "bare dispatch")}
    for turn in range(rounds + 30):
        made: list[int] = []
        found = {
            "create": milliseconds(lambda made=made: made.append(register())),  # type: ignore[misc]
            "bare create": milliseconds(lambda made=made: made.append(_ticket_rows.bare_register())),  # type: ignore[misc]
            "dispatch": milliseconds(lambda made=made: dispatch(made[0])),  # type: ignore[misc]
            "bare dispatch": milliseconds(lambda made=made: _ticket_rows.bare_dispatch(made[1])),  # type: ignore[misc]
        }
        if turn >= 30:
            for name, value in found.items():
                spent[name].append(value)
    print("step | service ms | bare ms | ratio | ratio of the fastest tenth\n---|---|---|---|---")
    for name in ("create", "dispatch"):
        ours, bare = sorted(spent[name]), sorted(spent[f"bare {name}"])
        low = statistics.mean(ours[: max(rounds // 10, 1)]) / statistics.mean(bare[: max(rounds // 10, 1)])
        middle, plain = statistics.median(ours), statistics.median(bare)
        print(f"{name} | {middle:.1f} | {plain:.1f} | {middle / plain:.2f} | {low:.2f}", flush=True)


def pages(size: int) -> dict[str, Ask]:
    """What people ask for, each in a transaction of its own."""

    def read(what: Callable[[Session], object]) -> Ask:
        def ask() -> object:
            with db.reading() as session:
                return what(session)

        return ask

    def page(by: Actor = SYSTEM, before: int | None = None, **where: object) -> Ask:
        chosen = queries.Filter(**where)  # type: ignore[arg-type]
        return read(
            lambda session: [
                schemas.TicketLineOut.of(ticket) for ticket in queries.page(session, by=by, where=chosen, before=before)
            ]
        )

    return {
        "nothing": read(lambda session: session.execute(text("SELECT 1"))),
        "first page": page(),
        "page in the middle": page(before=size // 2),
        "one unit's, as its clerk": page(CLERK),
        "one unit's open ones": page(unit_id="water", status=TicketStatus.HANDLING),
        "a small unit's": page(unit_id="discipline"),
        "by number": page(number=f"fill-{size // 3}"),
        "one town, one kind": page(town="新仓镇", kind="投诉"),
        "a rare word": page(text="垃7"),
        "a common word": page(text="事项"),
        "two words": page(text="事项 垃7"),
        "dispatch desk": read(lambda session: desk.desk(SYSTEM, session, None, 100)),
        "lights of the wallboard": read(lambda session: lights(session, now())),
        "sweep, nothing due": read(watching.due_clocks),
    }


def growth(engine: Engine, sizes: list[int], rounds: int) -> None:
    before: dict[str, float] = {}
    filled = 0
    print("\ntickets | page | ms | growth\n---|---|---|---")
    for size in sizes:
        _ticket_rows.fill(engine, filled + 1, size, ended_until=size - _ticket_rows.OPEN)
        filled = size
        for name, ask in pages(size).items():
            fast(3, ask)
            spent = fast(rounds, ask)
            grown = f"{spent / before[name]:.2f}" if name in before else ""
            print(f"{size} | {name} | {spent:.2f} | {grown}", flush=True)
            before[name] = spent


def sweep(engine: Engine, count: int, due: int) -> None:
    """One sweep over so many open tickets, of which some have steps due, and how a writer fares meanwhile."""
    _ticket_rows.empty(engine)
    _ticket_rows.fill(engine, 1, count, ended_until=0)
    with engine.begin() as connection:
        moved = "UPDATE ticket_clock SET due_at = now() - interval '1 hour', watch_at = now() WHERE id IN"
        connection.execute(text(f"{moved} (SELECT id FROM ticket_clock ORDER BY id LIMIT :due)"), {"due": due})
    mine = [register() for _ in range(20)]
    alone = statistics.median(milliseconds(lambda: _ticket_rows.touch(mine[0])) for _ in range(30))
    waits: list[float] = []
    over = threading.Event()

    def write() -> None:
        # On tickets the sweep works on too.
        while not over.is_set():
            waits.append(milliseconds(lambda: _ticket_rows.touch(1 + len(waits) % max(due, 1))))

    writer = threading.Thread(target=write)
    writer.start()
    spent = milliseconds(lambda: _sweep(due)) / 1000
    over.set()
    writer.join()
    print(f"\nsweep of {count} open tickets, {due} clocks with steps due: {spent:.2f} s")
    found = sorted(waits) or [0.0]
    print(
        f"a writer on the same tickets meanwhile: {len(waits)} writes, median {statistics.median(found):.1f} ms, "
        f"worst {found[-1]:.1f} ms (alone {alone:.1f} ms)",
        flush=True,
    )


def _sweep(most: int) -> None:
    steps = ladder.load(get_settings().city_dir.parent / ladder.LADDER_FILE)
    with db.reading() as session:
        found = watching.due_clocks(session, limit=most + 100)
    for first in range(0, len(found), TOGETHER):
        with db.unit_of_work() as session:
            watching.look(session, clock_ids=found[first : first + TOGETHER], watch=Watch(steps, now()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--open", type=int, default=100_000)
    parser.add_argument("--due", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=300)
    asked = parser.parse_args()
    server = PostgresServer()
    try:
        server.start()
        engine = db.make_engine(server.url)
        db.bind(engine)
        load_models()
        db.Base.metadata.create_all(engine)
        with db.unit_of_work() as session:
            directory.import_city(session, folder=get_settings().city_dir)
            import_calendar(session, folder=PROJECT_ROOT / "routing_rules" / "calendar", by=SYSTEM)
        if asked.rounds:
            beside_bare(asked.rounds)
            _ticket_rows.empty(engine)
        if asked.sizes:
            growth(engine, asked.sizes, max(min(asked.rounds, 30), 10))
        if asked.open:
            sweep(engine, asked.open, asked.due)
    finally:
        server.remove()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
