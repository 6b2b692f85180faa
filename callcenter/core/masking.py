"""Masking of personal data for screens, logs and exports: numbers, identity numbers, names."""

import re
from collections.abc import MutableMapping
from typing import Any

WITHHELD = "未显示号码"
# Telephone numbers are known by their form, even inside a line's name (`…/13893112345-0000001a`); any other long run of
# digits only when it stands alone, so that UUIDs and ticket numbers stay readable.
_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])((?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|0\d{2,3}-?\d{7,8})(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z-])(\+?\d{7,18}[\dXx]?)(?![0-9A-Za-z-])"
)


def mask_number(number: str | None) -> str:
    """`13893112345` → `138****2345`; a withheld number says so; short service numbers stay readable."""
    if not number:
        return WITHHELD
    if len(number) < 7:
        return number
    head, tail = (3, 4) if len(number) >= 11 else (2, 2)
    return number[:head] + "*" * (len(number) - head - tail) + number[-tail:]


def mask_identity(identity: str) -> str:
    """Resident identity number: the first six and the last two characters stay."""
    return identity[:6] + "*" * max(len(identity) - 8, 0) + identity[-2:] if len(identity) > 8 else "*" * len(identity)


def mask_name(name: str | None) -> str:
    """`张三丰` → `张**`; an empty name stays empty."""
    return name[0] + "*" * (len(name) - 1) if name else ""


def mask_text(text: str) -> str:
    """Free text with every long run of digits masked, for log lines."""

    def shorten(match: re.Match[str]) -> str:
        run = match.group()
        return mask_identity(run) if len(run) >= 15 else mask_number(run)

    return _NUMBER.sub(shorten, text)


_UNMASKED = ("timestamp", "level", "module", "role")


def masking_processor(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: no full number reaches a log, whoever forgot to mask it."""
    return {key: value if key in _UNMASKED else _masked(value) for key, value in event.items()}


def _masked(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(item) for item in value]
    return mask_text(str(value))
