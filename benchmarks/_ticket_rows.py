"""Rows of tickets for benchmarks: those of one step without the service, and a table full of them."""

import time
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, insert, select, text, update
from sqlalchemy.orm import Session

from callcenter.core import audit, db, vault
from callcenter.core.clock import now
from callcenter.directory.models import Unit
from callcenter.messages.models import Webhook
from callcenter.tickets import search, service
from callcenter.tickets.models import Ticket, TicketCaller, TicketClock, TicketCoUnit, TicketEvent
from callcenter.tickets.numbering import next_number
from callcenter.workdays.models import CalendarYear, Workday
from callcenter.workdays.service import calendar_of

OPEN = 5_000
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


def bare_register() -> int:
    """The rows that registering reads and writes, no questions asked."""
    at = now()
    with db.unit_of_work() as session:
        said = {name: getattr(MATTER, name) for name in ("kind", "topic", "urgency", "outcome", "title", "content")}
        where = {name: getattr(MATTER, name) for name in ("place", "town", "lead_unit_id")}
        session.execute(select(Unit).where(Unit.id == MATTER.lead_unit_id)).all()
        next_number(session, at=at)
        plain = {"is_secret": False, "profile_code": "WD15", "suggestion": {}, "verdict": "none"}
        row = {**said, **where, **plain, "number": f"bare-{time.perf_counter_ns()}", "registered_at": at}
        key = session.execute(insert(Ticket).values(**row).returning(Ticket.id)).scalar_one()
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
        _bare_calendar(session)
        _bare_event(session, key, "register", 1, at)
    return key


def bare_dispatch(key: int) -> None:
    at = now()
    with db.unit_of_work() as session:
        session.execute(select(Ticket).where(Ticket.id == key).with_for_update())
        session.execute(select(TicketCoUnit).where(TicketCoUnit.ticket_id == key)).all()
        session.execute(select(Unit).where(Unit.id == MATTER.lead_unit_id)).all()
        session.execute(select(TicketClock).where(TicketClock.ticket_id == key)).all()
        _bare_calendar(session)
        mine = update(TicketClock).where(TicketClock.ticket_id == key)
        session.execute(mine.where(TicketClock.name == "dispatch").values(met_at=at))
        session.execute(mine.where(TicketClock.name != "dispatch").values(inputs={}))
        _bare_event(session, key, "dispatch", 2, at)
        changed = {"status": "dispatched", "version": 2, "dispatched_at": at}
        session.execute(update(Ticket).where(Ticket.id == key).values(**changed))


def touch(key: int) -> None:
    """The shortest write to a ticket and its clocks."""
    with db.unit_of_work() as session:
        session.execute(select(Ticket.id).where(Ticket.id == key).with_for_update(key_share=True))
        session.execute(update(TicketClock).where(TicketClock.ticket_id == key).values(basis="改"))


def _bare_calendar(session: Session) -> None:
    session.execute(select(Workday.day, Workday.kind)).all()
    session.execute(select(CalendarYear.year)).all()


def _bare_event(session: Session, key: int, action: str, version: int, at: datetime) -> None:
    event = {"ticket_id": key, "at": at, "action": action, "status": "registered", "version": version}
    session.execute(insert(TicketEvent).values(**event, actor_name="", reason="", data={}))
    session.execute(select(Webhook.id, Webhook.events).where(Webhook.is_active)).all()
    session.execute(select(audit.AuditEntry.hash).order_by(audit.AuditEntry.id.desc()).limit(1)).all()
    mark = str(time.perf_counter_ns())
    row: dict[str, Any] = {"at": at, "actor_name": "", "action": action, "subject": "", "reason": "", "details": {}}
    session.execute(insert(audit.AuditEntry).values(**row, previous_hash="", hash=mark))


_TICKETS = """
INSERT INTO ticket (id, number, kind, topic, urgency, outcome, title, content, place, town, lead_unit_id, status,
    version, is_secret, profile_code, return_count, is_designated, answer, internal_note, suggestion, verdict,
    registered_at, dispatched_at, closed_at, assignee, is_petition, merged_count)
SELECT n, 'fill-' || n, (ARRAY['投诉','求助','咨询'])[1 + n % 3], '生态环境-社会生活噪声', '一般',
    'DISPATCH', '事项' || n,
    '编号' || n || '的事项在' || (n % 997) || '号', '地点' || (n % 997),
    (ARRAY['当湖街道','钟埭街道','新仓镇','乍浦镇','新埭镇'])[1 + n % 5],
    CASE WHEN n <= 10000 AND n % 200 = 7 THEN 'discipline'
        ELSE (ARRAY['urban_mgmt','water','danghu','edu','hrss','housing'])[1 + n % 6] END,
    CASE WHEN n <= :ended THEN 'closed' WHEN n % 20 = 0 THEN 'registered'
        ELSE (ARRAY['handling','dispatched'])[1 + (n / 7) % 2] END,
    2, false, 'WD15', 0, false, '', '', '{}', 'none',
    now() - ((:last - n) * 5 || ' minutes')::interval, now() - ((:last - n) * 5 || ' minutes')::interval,
    CASE WHEN n <= :ended THEN now() END, '', false, 0
FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) n
"""
_OTHERS = [
    """
INSERT INTO ticket_clock (ticket_id, name, due_at, met_at, basis, provisional, calendar_version, inputs, watch_at,
    dropped_at)
SELECT t.id, c.name, now() + c.due,
    CASE WHEN t.closed_at IS NOT NULL AND (c.name = 'close' OR t.id % 10 > 0) THEN now() END, '', false, :version,
    CAST('{"limit": "15wd", "started_at": "2026-09-30T16:00:00+08:00",'
    ' "hours": "08:30-12:00/13:30-17:30", "extension": 0, "pauses": [], "years": [2026], "days": {}}' AS json),
    now() + interval '2 days', CASE WHEN c.name <> 'close' AND t.id % 10 = 0 THEN t.closed_at END
FROM ticket t, (VALUES ('sign', interval '6 hours'), ('first_contact', interval '1 day'), ('close', interval '9 days'))
    AS c (name, due)
WHERE t.id BETWEEN :first AND :last
""",
    """
INSERT INTO ticket_event (ticket_id, at, action, status, version, actor_name, reason, data)
SELECT t.id, t.registered_at, e.action, t.status, e.version, '系统', '', '{}'
FROM ticket t, (VALUES ('register', 1), ('dispatch', 2)) AS e (action, version) WHERE t.id BETWEEN :first AND :last
""",
    """
INSERT INTO ticket_co_unit (ticket_id, unit_id, position)
SELECT id, 'fire_dept', 0 FROM ticket WHERE id BETWEEN :first AND :last AND id % 5 = 0
""",
    """
INSERT INTO ticket_search (ticket_id, terms)
SELECT id, to_tsvector('simple', '编号 号' || (id % 997) || ' 事项 项在 垃' || (id % 9973) || ' 烧烤')
FROM ticket WHERE id BETWEEN :first AND :last
""",
]
_END_OLD = [
    "UPDATE ticket SET status = 'closed', closed_at = now() WHERE closed_at IS NULL AND id <= :ended",
    "UPDATE ticket_clock SET dropped_at = now() WHERE met_at IS NULL AND ticket_id <= :ended",
]


def fill(engine: Engine, first: int, last: int, *, ended_until: int) -> None:
    """Tickets with these ids; all up to the last one named have ended, the others are open."""
    with engine.begin() as connection:
        known = {"first": first, "last": last, "ended": ended_until}
        known["version"] = calendar_of(Session(connection)).version
        for statement in (*_END_OLD, _TICKETS, *_OTHERS):
            connection.execute(
                text(statement), {name: value for name, value in known.items() if f":{name}" in statement}
            )
        for table in ("ticket", "ticket_clock"):
            connection.execute(text(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def empty(engine: Engine) -> None:
    """No tickets."""
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE ticket CASCADE"))
