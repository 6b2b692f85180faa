"""The figures page and the monthly appraisal on PostgreSQL, over more and more events, beside plain SQL.

python -m benchmarks.figures [--most 1000000]

Two ways to grow: the same city for longer (the month stays as full as it was), and a busier city in the same time (the
month gets ten times as full).
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import typer
from sqlalchemy import Engine, text

from benchmarks._city_rows import START, fill
from callcenter.appraisal import service as appraisal
from callcenter.appraisal.service import Span
from callcenter.core import db
from callcenter.core.security import SYSTEM
from callcenter.reports import kept, service
from callcenter.reports.schemas import FiguresOut
from tests.postgres import PostgresServer

ROUNDS = 5
DAYS_OF_100K = 110
"""With some 250 tickets a day, as in Pinghu."""
HEAD = """
| City | Events | Figures counted | page | By unit counted | appraisal page | Plain SQL |
|---|---|---|---|---|---|---|"""
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


def measure(engine: Engine, since: datetime, until: datetime) -> tuple[float, ...]:
    def cold() -> None:
        with db.reading() as session:
            service.figures(session, since=since, until=until)

    def cold_units() -> None:
        with db.reading() as session:
            service.figures_by(session, since=since, until=until, by="unit")

    def page() -> None:
        with db.reading() as session:
            FiguresOut.of(kept.figures(session, since=since, until=until)[""])

    def sheets() -> None:
        with db.reading() as session:
            appraisal.run(session, scheme=appraisal.scheme("petition"), span=Span(since, until), by=SYSTEM)

    def plain() -> None:
        with engine.connect() as connection:
            connection.execute(text(PLAIN), {"since": since, "until": until}).all()

    return tuple(map(fastest, (cold, page, cold_units, sheets, plain)))


def main(most: int = 1_000_000) -> None:
    server = PostgresServer()
    try:
        server.start()
        engine = db.make_engine(server.url)
        since = START + timedelta(days=60)
        until = since + timedelta(days=30)
        print(HEAD.strip())
        for name, busier in (("the same, for longer", False), ("busier, in the same time", True)):
            events = 100_000
            while events <= most:
                days = DAYS_OF_100K if busier else DAYS_OF_100K * events // 100_000
                made = fill(engine, events=events, days=days)
                times = " | ".join(f"{value:.1f}" for value in measure(engine, since, until))
                print(f"| {name} | {made:,} | {times} |", flush=True)
                events *= 10
        engine.dispose()
    finally:
        server.remove()


if __name__ == "__main__":
    typer.run(main)
