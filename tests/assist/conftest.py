"""A call that speaks: segments through the real receiver, tickets of others, entries in the knowledge base."""

import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy.orm import Session

from asr.protocol import MessageKind, TranscriptMessage
from callcenter.calls.models import Call, Party, Tap
from callcenter.core import bus, vault
from callcenter.core.clock import now
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.directory import service as directory
from callcenter.knowledge.service import transfer
from callcenter.knowledge.table import ENTRIES_FILE, read_entries
from callcenter.settings import get_settings
from callcenter.tickets.models import Ticket, TicketCaller
from callcenter.transcripts import service as transcripts

OPERATOR = Actor(user_id=None, name="沈晓燕", roles=frozenset({Role.OPERATOR}))
SUPERVISOR = Actor(user_id=None, name="班长", roles=frozenset({Role.SUPERVISOR}))
NUMBER = "13893112345"
Say = Callable[..., None]


@pytest.fixture
def call(session: Session) -> Call:
    call = Call(id="c1", caller_number=NUMBER, started_at=now(), state_at=now())
    session.add(call)
    session.flush()
    for party in (Party.CALLER, Party.OPERATOR):
        session.add(Tap(id=f"tap-{party}", call_id="c1", party=party, opened_at=now()))
    session.flush()
    return call


@pytest.fixture
def say(session: Session, call: Call) -> Say:
    numbers = count(1)
    began = call.started_at

    def speak(text: str, *, party: Party = Party.CALLER, interim: bool = False) -> None:
        seq = next(numbers)
        message = TranscriptMessage(
            tap_id=f"tap-{party}",
            seq=seq,
            kind=MessageKind.INTERIM if interim else MessageKind.FINAL,
            started_at=began,
            start_ms=seq * 1000,
            end_ms=seq * 1000 + 900,
            text=text,
            raw_text=text,
            engine="scripted",
        )
        if interim:
            transcripts.announce(session, messages=[message])
        else:
            transcripts.receive(session, messages=[message])

    return speak


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, dict[str, Any]]]:
    """Events as they are handed to the bus: topic, event, data."""
    events: list[tuple[str, str, dict[str, Any]]] = []
    monkeypatch.setattr(bus, "send", lambda topic, event, data=None: events.append((topic, event, data or {})))
    monkeypatch.setattr(
        bus, "publish", lambda _session, topic, event, data=None: events.append((topic, event, data or {}))
    )
    return events


@pytest.fixture
def library(session: Session) -> None:
    """The sample entries, published."""
    folder = get_settings().city_dir
    directory.import_city(session, folder=folder)
    transfer.import_entries(session, entries=read_entries(folder / ENTRIES_FILE), by=SYSTEM, in_force=True)


@pytest.fixture
def ticket(session: Session) -> Callable[..., Ticket]:
    numbers = count(1)

    def make(*, caller: str = "13700000000", hours_ago: float = 1, **fields: str) -> Ticket:
        n = next(numbers)
        row = Ticket(
            number=f"20261127-{n:06d}",
            registered_at=now() - timedelta(hours=hours_ago),
            **{"kind": "求助", "urgency": "一般", "outcome": "DISPATCH", "title": "停水", "content": "停水了"}
            | {"topic": "公共服务-供水", "place": "", "town": "乍浦镇", "profile_code": "WD7", "verdict": "none"}
            | fields,
            is_secret=False,
            suggestion={},
        )
        session.add(row)
        session.flush()
        session.add(TicketCaller(ticket_id=row.id, number=caller, number_mark=vault.mark(caller)))
        session.flush()
        return row

    return make


@pytest.fixture
def benchmark_seconds() -> Callable[[Callable[[], object]], float]:
    """How long something takes."""

    def measure(action: Callable[[], object]) -> float:
        started = time.perf_counter()
        action()
        return time.perf_counter() - started

    return measure
