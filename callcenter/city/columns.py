"""What a table's columns are: their names for people, what a cell may hold, what it refers to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

Row = dict[str, str]
Choices = Mapping[str, str]
"""What is stored, and what people read."""
Sources = Callable[[str], list[Row]]
"""The rows of another table by its key."""


class CellKind(StrEnum):
    """How a cell is written."""

    TEXT = "text"
    LONG = "long"
    LIST = "list"
    """Several, parted by `;`."""
    NUMBER = "number"
    CHOICE = "choice"
    CHOICES = "choices"
    """Several of the choices, parted by `;`."""


@dataclass(frozen=True)
class Column:
    """One column; `choices` names a fixed list, `source` finds one in another table."""

    name: str
    label: str
    kind: CellKind = CellKind.TEXT
    required: bool = False
    choices: Choices | None = None
    source: Callable[[Sources], Choices] | None = None
    hint: str = ""

    def allowed(self, sources: Sources) -> dict[str, str]:
        """What may be chosen; empty: anything may be written."""
        return {**(self.choices or {}), **(self.source(sources) if self.source else {})}


@dataclass(frozen=True)
class Table:
    """One table of the city: a file of its folder."""

    key: str
    """The file's name without its ending."""
    title: str
    says: str
    """What it is for, in one sentence."""
    identity: tuple[str, ...]
    """Columns that together name a row; none: a row is known by all it says."""
    columns: tuple[Column, ...]

    @property
    def file(self) -> str:
        return f"city/{self.key}.tsv"

    def column(self, name: str) -> Column:
        """A column a city has added of its own is plain text under its own name."""
        return next((column for column in self.columns if column.name == name), Column(name, name))


def names(table: str, key: str, label: str) -> Callable[[Sources], Choices]:
    """The rows of another table to choose from."""
    return lambda sources: {row[key]: row.get(label) or row[key] for row in sources(table)}
