"""Sealed columns: unreadable without the key, found by their mark, the key made once whoever comes first."""

import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text
from sqlalchemy.orm import Session

from callcenter.core import vault
from callcenter.core.errors import Unavailable
from callcenter.core.security import SYSTEM
from callcenter.settings import get_settings
from callcenter.tickets.models import TicketCaller
from callcenter.tickets.service import register_from_decision
from tests.tickets.conftest import AT, NOISE, fill_city

pytestmark = pytest.mark.db


def forget() -> None:
    for kept in (vault._key, vault._fernet, get_settings):
        kept.cache_clear()


@pytest.fixture
def with_key(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, Path], None]]:
    def use(key: str, folder: Path) -> None:
        monkeypatch.setenv("CALLCENTER_VAULT_KEY", key)
        monkeypatch.setenv("CALLCENTER_DATA_DIR", str(folder))
        forget()

    yield use
    monkeypatch.undo()
    forget()


def test_the_database_holds_no_name_and_no_number(session: Session) -> None:
    fill_city(session)
    ticket = register_from_decision(session, matter=NOISE, by=SYSTEM, at=AT)
    row = session.execute(text("SELECT name, number, number_mark FROM ticket_caller")).one()
    assert not any(person in "".join(row) for person in ("张三丰", "13800001234"))
    session.expire_all()
    found = session.query(TicketCaller).filter_by(number_mark=vault.mark("13800001234")).one()
    assert (found.ticket_id, found.name, found.number) == (ticket.id, "张三丰", "13800001234")


def test_two_seals_of_one_value_differ_and_their_marks_do_not() -> None:
    assert vault.seal("张三丰") != vault.seal("张三丰")
    assert vault.mark("张三丰") == vault.mark("张三丰") != vault.mark("张三")
    assert vault.mark(None) is None


def test_another_key_opens_nothing_and_says_so(with_key: Callable[[str, Path], None], tmp_path: Path) -> None:
    with_key(Fernet.generate_key().decode(), tmp_path)
    token = vault.seal("张三丰")
    with_key(Fernet.generate_key().decode(), tmp_path)
    with pytest.raises(Unavailable, match="密钥"):
        vault.open_seal(token)


def test_the_key_file_is_made_once_for_everybody_and_for_its_owner_only(
    with_key: Callable[[str, Path], None], tmp_path: Path
) -> None:
    with_key("", tmp_path)
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: vault._key.__wrapped__(), range(32)))
    assert len(keys) == 1
    file = tmp_path / vault.KEY_FILE
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (keys.pop(), 0o600)
