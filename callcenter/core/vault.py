"""Sealed columns: who a person is lies encrypted under a key of its own, apart from database and backups.

A copy of the database without the key names nobody. Equal values are found by their mark, a keyed
hash, because two seals of the same value differ.
"""

import hashlib
import hmac
import os
import time
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from callcenter.core.errors import Unavailable
from callcenter.settings import get_settings

KEY_FILE = "vault.key"
_WRITING_SECONDS = 2.0


class Sealed(TypeDecorator[str]):
    """Text that only the holder of the key can read; None and empty text stay what they are."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return seal(value) if value else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return open_seal(value) if value else value


def seal(text: str) -> str:
    return _fernet().encrypt(text.encode()).decode()


def open_seal(token: str) -> str:
    """The text; Unavailable when the key is not the one it was sealed with."""
    try:
        return _fernet().decrypt(token.encode()).decode()
    except InvalidToken:
        raise Unavailable(
            "诉求人信息打不开：密钥与保存时的不一致，请管理员恢复原来的密钥。", code="vault_key_wrong"
        ) from None


def mark(text: str | None) -> str | None:
    """What finds equal values among sealed ones; says nothing without the key."""
    return hmac.new(_key(), text.encode(), hashlib.sha256).hexdigest() if text else None


@lru_cache
def _fernet() -> Fernet:
    return Fernet(_key())


@lru_cache
def _key() -> bytes:
    """The configured key; on one machine a file of its own, made once, readable by its owner only."""
    settings = get_settings()
    if settings.vault_key:
        return settings.vault_key.encode()
    path = settings.data_dir / KEY_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    key = Fernet.generate_key()
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
    return key


def _read(path: Path) -> bytes:
    """Another process may have opened the file and not yet written to it."""
    ends = time.monotonic() + _WRITING_SECONDS
    while not (key := path.read_bytes()) and time.monotonic() < ends:
        time.sleep(0.01)
    return key
