"""Rows of a city for benchmarks, written straight into the tables: years of it in seconds, which services cannot."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from sqlalchemy import Engine

from callcenter.core import db, vault
from callcenter.directory.service import import_city
from callcenter.settings import get_settings
from callcenter.tables import load_models

START = datetime(2024, 1, 1, tzinfo=UTC)
KINDS, TOPICS = ("咨询", "求助", "投诉"), [f"领域{n % 12}-主题{n}" for n in range(80)]
ON_THE_SPOT = 0.7
BATCH = 50_000
"""Tickets made in memory at once."""
"""Two events for a ticket settled at once, seven for a dispatched one: about three and a half a ticket."""
EVENTS_A_TICKET = 2 * ON_THE_SPOT + 7 * (1 - ON_THE_SPOT)
_STEPS = (
    ("register", "registered", 0.0),
    ("dispatch", "dispatched", 0.1),
    ("sign", "handling", 4.0),
    ("contact", "handling", 5.0),
    ("reply", "replied", 70.0),
    ("approve", "callback", 80.0),
    ("close", "closed", 81.0),
)
_INPUTS = json.dumps(
    {"limit": "7wd", "started_at": START.isoformat(), "hours": "09:00-17:00", "extension": 0, "pauses": [], "years": []}
    | {"days": {}}
)
_COLUMNS = {
    "call": (
        *("id", "did", "line", "caller_number", "queue", "priority", "repeat_count", "state", "state_at", "started_at"),
        *("queued_at", "rang_at", "answered_at", "ended_at", "ended_by", "end_stage", "seen_late", "route_failed"),
        *("recording_file", "private_recordings"),
    ),
    "ticket": (
        *("id", "number", "call_id", "kind", "topic", "urgency", "outcome", "title", "content", "place", "town"),
        *("lead_unit_id", "status", "version", "is_secret", "profile_code", "return_count", "is_designated", "answer"),
        *("internal_note", "suggestion", "verdict", "assignee", "is_petition"),
        *("merged_count", "registered_at", "dispatched_at", "closed_at"),
    ),
    "ticket_caller": ("ticket_id", "name", "number", "number_mark"),
    "ticket_clock": (*("ticket_id", "name", "due_at", "met_at", "basis", "provisional", "calendar_version"), "inputs"),
    "ticket_event": (*("ticket_id", "at", "action", "status", "version", "actor_name", "unit_id", "reason"), "data"),
}


def fill(engine: Engine, *, events: int, days: int) -> int:
    """An empty database gets so many ticket events over so many days. Returns how many there are."""
    load_models()
    db.Base.metadata.drop_all(engine)
    db.Base.metadata.create_all(engine)
    db.bind(engine)
    with db.unit_of_work() as session:
        import_city(session, folder=get_settings().city_dir)
    random = Random(events)
    units = ["urban_mgmt", "water", "danghu", "xindai", "hrss", "edu", "police", "housing"]
    count = int(events / EVENTS_A_TICKET)
    written = 0
    for first in range(1, count + 1, BATCH):
        made: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _COLUMNS}
        for number in range(first, min(first + BATCH, count + 1)):
            _ticket(made, random, number, START + timedelta(days=days) * (number / count), random.choice(units))
        for table, columns in _COLUMNS.items():
            _copy(engine, table, columns, made[table])
        written += len(made["ticket_event"])
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return written


@cache
def _sealed(number: str) -> tuple[str, str, str | None]:
    """Name, number and the mark by which the number is found, as the vault keeps them."""
    return vault.seal(""), vault.seal(number), vault.mark(number)


def _ticket(made: dict[str, list[tuple[Any, ...]]], random: Random, number: int, at: datetime, unit: str) -> None:
    call_id, caller = f"call-{number}", f"138{random.randrange(40_000):08d}"
    answered = at + timedelta(seconds=random.expovariate(1 / 8) + 9)
    spot = random.random() < ON_THE_SPOT
    town = random.choice(["当湖街道", "钟埭街道", "新仓镇", "乍浦镇", "新埭镇", "林埭镇", "广陈镇", "独山港镇", ""])
    times = {"started": at, "queued": at + timedelta(seconds=9), "end": answered + timedelta(minutes=3)}
    call = (call_id, "12345", "12345", caller, "q12345", 0, 0, "ended", times["end"], at)
    made["call"].append(
        (*call, times["queued"], times["queued"], answered, times["end"], "caller", "talk", False, False, "", "[]")
    )
    registered = answered + timedelta(minutes=3)
    slow = random.lognormvariate(0, 0.6)
    steps = (_STEPS[0], ("answer", "closed", 0.0)) if spot else _STEPS
    moments = {action: registered + timedelta(hours=hours * slow) for action, _, hours in steps}
    closed = moments.get("close", registered)
    outcome = "ANSWER" if spot else "DISPATCH"
    matter = (call_id, random.choice(KINDS), random.choice(TOPICS), "一般", outcome, "标题", "内容", "", town, unit)
    kept = ("closed", 7, False, "WD7", 0, False, "", "", "{}", "none", "", False, 0)
    state = (*kept, registered, moments.get("dispatch"), closed)
    made["ticket"].append((number, f"20240101-{number:06d}", *matter, *state))
    made["ticket_caller"].append((number, *_sealed(caller)))
    for version, (action, status, _) in enumerate(steps, 1):
        data = json.dumps({"lead": unit}) if action == "dispatch" else "{}"
        made["ticket_event"].append((number, moments[action], action, status, version, "系统", None, "", data))
    for name, hours, met in (("sign", 8, "sign"), ("first_contact", 10, "contact"), ("close", 170, "reply")):
        due = registered + timedelta(hours=hours)
        clock = (number, name, due, moments.get(met, registered), "", False, "bench", _INPUTS)
        made["ticket_clock"].append(clock)


def _copy(engine: Engine, table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    raw = engine.raw_connection()
    try:
        names = ", ".join(columns)
        with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        raw.commit()
    finally:
        raw.close()
