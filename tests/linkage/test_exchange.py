"""Slips to 110 and from there by file: each exactly once whoever dies when, and the matter ours until they accept."""

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.errors import Conflict
from callcenter.core.security import SYSTEM
from callcenter.linkage import jobs, service
from callcenter.linkage.folder import SETTLE_SECONDS, Folder
from callcenter.linkage.models import LinkageSlip, SlipState
from callcenter.linkage.service import LEASE, Words
from callcenter.messages.models import Message
from callcenter.settings import get_settings
from callcenter.tickets.lifecycle import TicketAction, TicketStatus
from callcenter.tickets.models import Ticket
from callcenter.tickets.orders import Order
from callcenter.tickets.service import act, register_from_decision
from tests.crashing import crashes
from tests.tickets.conftest import NOISE, fill_city

pytestmark = [pytest.mark.db, pytest.mark.timeout(900)]

THROWN = {
    "key": "JQ2026-0001",
    "said": "报警人称小区高空抛物，经核实无人受伤，请城管处理。",
    "number": "13800007777",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(get_settings(), "police_folder", tmp_path / "110")
    return tmp_path / "110"


@pytest.fixture
def ticket_id(database: Engine) -> int:
    with db.unit_of_work() as session:
        fill_city(session)
        return register_from_decision(session, matter=NOISE, by=SYSTEM).id


@pytest.fixture
def slip_id(ticket_id: int) -> int:
    with db.unit_of_work() as session:
        return service.send(session, ticket_id=ticket_id, words=Words("有人持刀", place="锦绣苑"), by=SYSTEM).id


def slip(slip_id: int) -> LinkageSlip:
    with db.reading() as session:
        found = session.get_one(LinkageSlip, slip_id)
        session.expunge(found)
        return found


def status(ticket_id: int) -> TicketStatus:
    with db.reading() as session:
        return session.get_one(Ticket, ticket_id).status


def time_passes() -> None:
    with db.unit_of_work() as session:
        waits = update(LinkageSlip).where(LinkageSlip.next_try_at.is_not(None))
        session.execute(waits.values(next_try_at=now() - LEASE))


def put(folder: Path, name: str, key: str, said: dict[str, Any]) -> None:
    """As the gateway does it."""
    Folder(folder)
    part = folder / name / f"{key}.part"
    part.write_text(json.dumps({"key": key, **said}), encoding="utf-8")
    part.rename(part.with_suffix(".json"))


def carried(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """What the gateway takes away."""
    for file in (folder / name).glob("*.json"):
        yield json.loads(file.read_text(encoding="utf-8"))
        file.unlink()


def send_by_file(folder: str, slip_id: int) -> None:
    get_settings().police_folder = Path(folder)
    jobs.send(slip_id)


def read_by_file(folder: str) -> None:
    get_settings().police_folder = Path(folder)
    jobs.read_receipts(Folder(Path(folder)))
    jobs.read_slips(Folder(Path(folder)))


def test_killed_at_any_moment_it_goes_out_once(database: Engine, folder: Path, slip_id: int) -> None:
    at_110: Counter[str] = Counter()
    Folder(folder)
    for _ in crashes(database, send_by_file, str(folder), slip_id):
        at_110.update(said["key"] for said in carried(folder, "out"))
        # Said to be out only when it is.
        assert slip(slip_id).state is not SlipState.SENT or at_110[slip(slip_id).key] == 1
        time_passes() if slip(slip_id).state is not SlipState.SENT else None
    at_110.update(said["key"] for said in carried(folder, "out"))
    assert at_110 == {slip(slip_id).key: 1}
    assert slip(slip_id).state is SlipState.SENT


def test_killed_at_any_moment_a_receipt_counts_once(
    database: Engine, folder: Path, slip_id: int, ticket_id: int
) -> None:
    jobs.send(slip_id)
    put(folder, "out-receipts", slip(slip_id).key, {"accepted": True, "peer_number": "JQ77"})
    for _ in crashes(database, read_by_file, str(folder)):
        assert (slip(slip_id).state is SlipState.ACCEPTED) == (status(ticket_id) is TicketStatus.TRANSFERRED)
    assert slip(slip_id).peer_number == "JQ77"
    assert list((folder / "out-receipts").iterdir()) == []


def test_killed_at_any_moment_a_slip_of_110_becomes_one_ticket(database: Engine, folder: Path, ticket_id: int) -> None:
    put(folder, "in", "JQ2026-0001", THROWN)
    for _ in crashes(database, read_by_file, str(folder)):
        pass
    with db.reading() as session:
        (made,) = session.scalars(select(Ticket).where(Ticket.id != ticket_id))
        assert (made.status, made.outcome, made.content) == (TicketStatus.REGISTERED, "DISPATCH", THROWN["said"])
        assert made.caller.number == "13800007777"
        number = made.number
    assert list(carried(folder, "in-receipts")) == [{"key": "JQ2026-0001", "accepted": True, "peer_number": number}]
    # Brought once more, it is answered once more and made no second time.
    put(folder, "in", "JQ2026-0001", THROWN)
    jobs.read_slips(Folder(folder))
    assert [said["peer_number"] for said in carried(folder, "in-receipts")] == [number]


def test_what_110_gets(folder: Path, slip_id: int) -> None:
    jobs.send(slip_id)
    (said,) = carried(folder, "out")
    assert (said["said"], said["place"], said["number"]) == ("有人持刀", "锦绣苑", "13800001234")
    with db.reading() as session:
        raw = session.connection().exec_driver_sql("SELECT content FROM linkage_slip").scalar_one()
    assert "13800001234" not in raw


@pytest.mark.parametrize("answer", ["refused", "none", "not_configured"])
def test_when_nobody_agrees_the_first_receiver_keeps_it(
    folder: Path, slip_id: int, ticket_id: int, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if answer == "not_configured":
        monkeypatch.setattr(get_settings(), "police_folder", None)
    jobs.send(slip_id)
    if answer == "refused":
        put(folder, "out-receipts", slip(slip_id).key, {"accepted": False, "note": "属民事纠纷"})
        jobs.exchange()
    elif answer == "none":
        time_passes()
        jobs.send(slip_id)
    states = {"refused": SlipState.REFUSED, "none": SlipState.UNANSWERED, "not_configured": SlipState.NOT_CONFIGURED}
    assert slip(slip_id).state is states[answer]
    assert status(ticket_id) is TicketStatus.REGISTERED
    with db.reading() as session:
        told = session.scalars(select(Message).where(Message.subject == f"ticket:{ticket_id}"))
        assert {message.role for message in told} == {"dispatcher", "supervisor"}
        # It may be tried again, as another slip.
    with db.unit_of_work() as session:
        again = service.send(session, ticket_id=ticket_id, words=Words("再次移交"), by=SYSTEM)
        assert again.id != slip_id
        assert service.send(session, ticket_id=ticket_id, words=Words("又按一次"), by=SYSTEM).id == again.id


def test_accepted_after_the_hotline_sent_it_on(folder: Path, slip_id: int, ticket_id: int) -> None:
    jobs.send(slip_id)
    with db.unit_of_work() as session:
        version = session.get_one(Ticket, ticket_id).version
        act(session, ticket_id=ticket_id, action=TicketAction.DISPATCH, order=Order(version=version), by=SYSTEM)
    put(folder, "out-receipts", slip(slip_id).key, {"accepted": True})
    jobs.read_receipts(Folder(folder))
    assert (slip(slip_id).state, status(ticket_id)) == (SlipState.ACCEPTED, TicketStatus.DISPATCHED)
    with db.unit_of_work() as session, pytest.raises(Conflict, match="已派出"):
        service.send(session, ticket_id=ticket_id, words=Words("晚了"), by=SYSTEM)


def test_a_full_disk_is_tried_again(folder: Path, slip_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "stage", full)
        jobs.send(slip_id)
    assert (slip(slip_id).state, slip(slip_id).error) == (SlipState.WAITING, "no space left")
    time_passes()
    jobs.send(slip_id)
    assert slip(slip_id).state is SlipState.SENT


def test_files_nobody_can_read_are_put_aside(database: Engine, folder: Path) -> None:
    Folder(folder)
    half, wrong, stranger = (folder / "in" / f"{name}.json" for name in ("half", "wrong", "stranger"))
    half.write_text('{"key": "half", "sa', encoding="utf-8")
    wrong.write_text('{"key": "wrong", "said": ""}', encoding="utf-8")
    stranger.write_text('{"key": "../../etc/passwd", "said": "x"}', encoding="utf-8")
    jobs.read_slips(Folder(folder))
    assert half.exists()
    assert stranger.exists()  # perhaps still being written
    assert not wrong.exists()
    old = time.time() - SETTLE_SECONDS - 1
    for file in (half, stranger):
        os.utime(file, (old, old))
    jobs.read_slips(Folder(folder))
    assert sorted(file.name for file in (folder / "bad").iterdir()) == ["half.json", "stranger.json", "wrong.json"]
