"""Rows of a simulated city as they lie in its tables, read without any of the program's own models."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, text

Rows = list[dict[str, Any]]
Run = Callable[..., Any]


def raw(city: Engine, table: str) -> Rows:
    with city.connect() as connection:
        return [dict(row) for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()]


def moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(f"{value}+00:00") if value else None


def instants(rows: Rows) -> Rows:
    """The same rows with every `…_at` and `at` as an instant, and every JSON column read."""
    for row in rows:
        for name, value in row.items():
            if name == "at" or name.endswith("_at"):
                row[name] = moment(value)
            elif name in ("data", "inputs", "roles"):
                row[name] = json.loads(value)
    return rows
