"""The figures page and the monthly appraisal on PostgreSQL, over more and more events, beside plain SQL.

python -m benchmarks.figures [--most 1000000] [--ways longer]

Two ways to grow: the same city for longer (the month stays as full as it was), and a busier city in the same time (the
month gets ten times as full).
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import typer
from sqlalchemy import Engine, select, text

from benchmarks._city_rows import START, fill
from callcenter.appraisal import service as appraisal
from callcenter.appraisal.service import Span
from callcenter.core import db
from callcenter.core.security import SYSTEM
from callcenter.reports import kept
from callcenter.reports.schemas import FiguresOut
from callcenter.tickets.models import Ticket
from tests.postgres import PostgresServer

ROUNDS = 5
DAYS_OF_100K = 110
"""With some 250 tickets a day, as in Pinghu."""
CHANGED = 20
"""Tickets written to between two looks at the page: what happens in a minute of a busy city."""
HEAD = """
| City | Events | From the rows s | Page | after changes | Appraisal | after changes | Plain SQL |
|---|---|---|---|---|---|---|---|"""
WAYS = {"longer": "the same, for longer", "busier": "busier, in the same time"}
PLAIN = """
SELECT count(*) AS registered,
       count(*) FILTER (WHERE EXISTS (SELECT FROM ticket_event e
           WHERE e.ticket_id = t.id AND e.action = 'answer' AND e.at < :until)) AS on_the_spot,
       count(*) FILTER (WHERE EXISTS (SELECT FROM ticket_event e
           WHERE e.ticket_id = t.id AND e.action = 'dispatch' AND e.at < :until)) AS dispatched,
       (SELECT count(*) FILTER (WHERE met_at <= due_at) FROM ticket_clock
           WHERE name = 'close' AND due_at >= :since AND due_at < :until) AS closed_in_time
  FROM ticket t WHERE registered_at >= :since AND registered_at < :until
"""
"""Three of the figures, without exclusions, drill-down or grouping."""


def fastest(action: Callable[[], object]) -> float:
    """Milliseconds, warm; the fastest round, because other work on the machine only ever adds."""
    action()
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        action()
        times.append((time.perf_counter() - started) * 1000)
    return min(times)


def measure(engine: Engine, since: datetime, until: datetime) -> str:
    """One row of the table: the first count in seconds, the rest in milliseconds."""
    random = Random(1)

    def page() -> None:
        with db.reading() as session:
            FiguresOut.of(kept.shown(session, since=since, until=until)[""])

    def sheets() -> None:
        with db.reading() as session:
            appraisal.run(session, scheme=appraisal.scheme("petition"), span=Span(since, until), by=SYSTEM)

    def plain() -> None:
        with engine.connect() as connection:
            connection.execute(text(PLAIN), {"since": since, "until": until}).all()

    def changed() -> None:
        with db.unit_of_work() as session:
            chosen = select(Ticket.id).where(Ticket.registered_at >= since, Ticket.registered_at < until)
            ids = list(session.scalars(chosen.limit(2000)))
            for ticket in session.scalars(select(Ticket).where(Ticket.id.in_(random.sample(ids, CHANGED)))):
                ticket.town = random.choice(("当湖街道", "钟埭街道", "新仓镇"))

    def after_changes(action: Callable[[], object]) -> float:
        times = []
        for _ in range(ROUNDS):
            changed()
            kept.AGREES_FOR = timedelta(0)
            started = time.perf_counter()
            action()
            times.append((time.perf_counter() - started) * 1000)
        kept.AGREES_FOR = timedelta(hours=1)
        return min(times)

    kept.forget()
    kept.AGREES_FOR = timedelta(hours=1)
    started = time.perf_counter()
    page()
    first = time.perf_counter() - started
    parts = (fastest(page), after_changes(page), fastest(sheets), after_changes(sheets), fastest(plain))
    return " | ".join((f"{first:.1f}", *(f"{part:.1f}" for part in parts)))


def main(most: int = 1_000_000, ways: str = "longer,busier") -> None:
    server = PostgresServer()
    try:
        server.start()
        engine = db.make_engine(server.url)
        since = START + timedelta(days=60)
        until = since + timedelta(days=30)
        print(HEAD.strip())
        for way in ways.split(","):
            name, busier = WAYS[way], way == "busier"
            events = 100_000
            while events <= most:
                days = DAYS_OF_100K if busier else DAYS_OF_100K * events // 100_000
                made = fill(engine, events=events, days=days)
                print(f"| {name} | {made:,} | {measure(engine, since, until)} |", flush=True)
                events *= 10
        engine.dispose()
    finally:
        server.remove()


if __name__ == "__main__":
    typer.run(main)
