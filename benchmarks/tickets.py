"""Tickets on PostgreSQL: register and act beside bare statements; lists, search and the sweep as the table grows.

    python -m benchmarks.tickets [--sizes 10000 100000 1000000] [--rounds 300]

Bare: the same rows read and written by SQLAlchemy without checks, clocks' arithmetic, hashes or events. Pages: the
first and a later page of a list, a search for a rare and for a common word, the count behind the lights. Growth: a
page's median against the one at the size before.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, insert, select, text, update
from sqlalchemy.orm import Session

from callcenter.core import audit, db, vault
from callcenter.core.clock import now
from callcenter.core.security import SYSTEM
from callcenter.directory import service as directory
from callcenter.reports.wallboard import lights
from callcenter.settings import PROJECT_ROOT, get_settings
from callcenter.supervision import ladder, watching
from callcenter.supervision.watching import Watch
from callcenter.tables import load_models
from callcenter.tickets import queries, search, service
from callcenter.tickets.lifecycle import TicketAction
from callcenter.tickets.models import Ticket, TicketCaller, TicketClock, TicketEvent
from callcenter.tickets.numbering import next_number
from callcenter.tickets.orders import Order
from callcenter.workdays.models import Workday
from callcenter.workdays.service import calendar_of, import_calendar
from tests.postgres import PostgresServer

MATTER = service.Matter(
    kind="投诉",
    topic="生态环境-社会生活噪声",
    urgency="一般",
    outcome="DISPATCH",
    title="烧烤店夜间噪声",
    content="楼下烧烤店天天弄到半夜一两点，吵得没法睡。",
    place="锦绣苑十二幢",
    town="当湖街道",
    lead_unit_id="urban_mgmt",
    caller_name="张三丰",
    caller_number="13800001234",
)
FAR = datetime(2099, 1, 1, tzinfo=UTC)


def timed(rounds: int, what: Callable[[], object]) -> float:
    """Median milliseconds of one."""
    spent = []
    for _ in range(rounds):
        began = time.perf_counter()
        what()
        spent.append((time.perf_counter() - began) * 1000)
    return statistics.median(spent)


def ours() -> None:
    with db.unit_of_work() as session:
        ticket = service.register_from_decision(session, matter=MATTER, by=SYSTEM)
        order = Order(version=ticket.version)
        service.act(session, ticket_id=ticket.id, action=TicketAction.DISPATCH, order=order, by=SYSTEM)


def bare() -> None:
    """The same rows, no questions asked."""
    at = now()
    with db.unit_of_work() as session:
        said = {name: getattr(MATTER, name) for name in ("kind", "topic", "urgency", "outcome", "title", "content")}
        next_number(session, at=at)
        key = session.execute(
            insert(Ticket)
            .values(
                **said,
                number=f"bare-{time.perf_counter_ns()}",
                place=MATTER.place,
                town=MATTER.town,
                lead_unit_id=MATTER.lead_unit_id,
                is_secret=False,
                profile_code="WD15",
                suggestion={},
                verdict="none",
                registered_at=at,
            )
            .returning(Ticket.id)
        ).scalar_one()
        caller = {"name": MATTER.caller_name, "number": MATTER.caller_number}
        mark = vault.mark(MATTER.caller_number)
        session.execute(insert(TicketCaller).values(ticket_id=key, number_mark=mark, **caller))
        session.execute(
            insert(TicketClock),
            [
                {"ticket_id": key, "name": name, "due_at": at, "basis": "", "provisional": False}
                | {"calendar_version": "", "inputs": {}}
                for name in ("dispatch", "sign", "first_contact", "close")
            ],
        )
        search.index(session, session.get_one(Ticket, key))
        session.execute(select(Workday.day, Workday.kind)).all()
        session.execute(select(Ticket).where(Ticket.id == key).with_for_update())
        session.execute(select(TicketClock).where(TicketClock.ticket_id == key)).all()
        changed_clocks = update(TicketClock).where(TicketClock.ticket_id == key, TicketClock.name == "dispatch")
        session.execute(changed_clocks.values(met_at=at))
        for version, action in ((1, "register"), (2, "dispatch")):
            event = {"ticket_id": key, "at": at, "action": action, "status": "registered", "version": version}
            session.execute(insert(TicketEvent).values(**event, actor_name="", reason="", data={}))
            _bare_audit(session, action, at)
        changed = {"status": "dispatched", "version": 2, "dispatched_at": at}
        session.execute(update(Ticket).where(Ticket.id == key).values(**changed))


def _bare_audit(session: Session, action: str, at: datetime) -> None:
    mark = str(time.perf_counter_ns())
    row = {"at": at, "actor_name": "", "action": action, "subject": "", "reason": "", "details": {}}
    session.execute(insert(audit.AuditEntry).values(**row, previous_hash="", hash=mark))


FILL = """
INSERT INTO ticket (number, kind, topic, urgency, outcome, title, content, place, town, lead_unit_id, status, version,
    is_secret, profile_code, return_count, is_designated, answer, internal_note, suggestion, verdict, registered_at,
    dispatched_at, assignee, is_petition, merged_count)
SELECT 'fill-' || n, (ARRAY['投诉','求助','咨询'])[1 + n % 3], '生态环境-社会生活噪声', '一般', 'DISPATCH', '事项' || n,
    '编号' || n || '的事项在' || (n % 997) || '号', '地点' || (n % 997), '当湖街道', 'urban_mgmt',
    (ARRAY['closed','handling','dispatched'])[1 + n % 3], 3, false, 'WD15', 0, false, '', '', '{}', 'none',
    now() - (n || ' seconds')::interval, now(), '', false, 0
FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) n
"""
FILL_CLOCKS = """
INSERT INTO ticket_clock (ticket_id, name, due_at, basis, provisional, calendar_version, inputs, watch_at)
SELECT id, 'close', now() + interval '3 days', '', false, :version,
    CAST('{"limit": "15wd", "started_at": "2026-09-30T16:00:00+08:00", "hours": "08:30-12:00/13:30-17:30",'
    ' "extension": 0, "pauses": [], "years": [2026], "days": {}}' AS json), :far
FROM ticket WHERE number LIKE 'fill-%' AND NOT EXISTS (SELECT 1 FROM ticket_clock c WHERE c.ticket_id = ticket.id)
"""
FILL_SEARCH = """
INSERT INTO ticket_search (ticket_id, terms)
SELECT id, to_tsvector('simple', '编号 号' || (id % 997) || ' 事项 项在 垃' || (id % 9973) || ' 烧烤') FROM ticket t
WHERE NOT EXISTS (SELECT 1 FROM ticket_search s WHERE s.ticket_id = t.id)
"""


def fill(engine: Engine, first: int, last: int) -> None:
    with engine.begin() as connection:
        version = calendar_of(Session(connection)).version
        connection.execute(text(FILL), {"first": first, "last": last})
        connection.execute(text(FILL_CLOCKS), {"version": version, "far": FAR})
        connection.execute(text(FILL_SEARCH))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def pages(size: int) -> dict[str, Callable[[], object]]:
    """What people ask for, each in a transaction of its own."""

    def read(what: Callable[[Session], object]) -> Callable[[], object]:
        def ask() -> object:
            with db.reading() as session:
                return what(session)

        return ask

    def page(where: queries.Filter, before: int | None = None) -> Callable[[], object]:
        return read(lambda session: queries.page(session, by=SYSTEM, where=where, before=before))

    return {
        "first page": page(queries.Filter()),
        "page in the middle": page(queries.Filter(), before=size // 2),
        "one unit's open ones": page(queries.Filter(unit_id="urban_mgmt", status="handling")),  # type: ignore[arg-type]
        "a rare word": page(queries.Filter(text="垃77")),
        "a common word": page(queries.Filter(text="事项")),
        "lights of the wallboard": read(lambda session: lights(session, now())),
    }


def sweep_seconds(engine: Engine, due: int) -> float:
    """A sweep that finds so many clocks due among all that are open."""
    with engine.begin() as connection:
        chosen = "SELECT id FROM ticket_clock WHERE met_at IS NULL ORDER BY id LIMIT :due"
        connection.execute(
            text(f"UPDATE ticket_clock SET watch_at = :at WHERE id IN ({chosen})"),
            {"due": due, "at": now() - timedelta(minutes=1)},
        )
    steps = ladder.load(get_settings().city_dir.parent / ladder.LADDER_FILE)
    began = time.perf_counter()
    with db.reading() as session:
        found, calendar = watching.due_clocks(session, limit=due), calendar_of(session)
    for clock_id in found:
        with db.unit_of_work() as session:
            watching.look(session, clock_id=clock_id, watch=Watch(steps, calendar, now()))
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
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
        for warm in (ours, bare):
            timed(20, warm)
        service_ms, bare_ms = timed(asked.rounds, ours), timed(asked.rounds, bare)
        print("register and dispatch | ms | ratio\n---|---|---")
        print(f"bare statements | {bare_ms:.1f} | 1.00\nservice | {service_ms:.1f} | {service_ms / bare_ms:.2f}\n")
        report(engine, asked.sizes)
    finally:
        server.remove()


def report(engine: Engine, sizes: list[int]) -> None:
    before: dict[str, float] = {}
    filled = 0
    print("tickets | page | ms | growth\n---|---|---|---")
    for size in sizes:
        fill(engine, filled + 1, size)
        filled = size
        for name, ask in pages(size).items():
            timed(3, ask)
            spent = timed(30, ask)
            growth = f"{spent / before[name]:.2f}" if name in before else ""
            print(f"{size} | {name} | {spent:.2f} | {growth}", flush=True)
            before[name] = spent
        print(f"{size} | sweep, none due | {sweep_seconds(engine, 0) * 1000:.1f} |")
        print(f"{size} | sweep, 1000 due | {sweep_seconds(engine, 1000) * 1000:.0f} |", flush=True)


if __name__ == "__main__":
    main()
