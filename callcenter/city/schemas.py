"""What the API takes and says of the city's tables."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from callcenter.city.columns import CellKind, Row, Table
from callcenter.city.editing import CellProblem, Difference, RowChange
from callcenter.city.service import Change, Content
from callcenter.core.fields import Line

Cell = Annotated[str, StringConstraints(max_length=10_000, pattern=r"^[^\x00]*$")]
MOST_ROWS = 20_000
Rows = Annotated[list[dict[str, Cell]], Field(max_length=MOST_ROWS)]
SHOWN_CHANGES = 200


class TableLineOut(BaseModel):
    """A table in the list."""

    key: str
    title: str
    says: str
    rows: int

    @classmethod
    def of(cls, found: Content) -> Self:
        return cls(key=found.table.key, title=found.table.title, says=found.table.says, rows=len(found.rows))


class OptionOut(BaseModel):
    """What is stored, and what people read."""

    value: str
    label: str


class ColumnOut(BaseModel):
    """One column; options empty: anything may be written."""

    name: str
    label: str
    kind: CellKind
    required: bool
    hint: str
    options: list[OptionOut]


class TableOut(BaseModel):
    """A table with its rows; `version` goes back with an edit."""

    key: str
    title: str
    says: str
    identity: list[str]
    version: str
    columns: list[ColumnOut]
    rows: list[Row]

    @classmethod
    def of(cls, found: Content) -> Self:
        table = found.table
        return cls(
            key=table.key,
            title=table.title,
            says=table.says,
            identity=list(table.identity),
            version=found.version,
            columns=_columns(found, table),
            rows=found.rows,
        )


def _columns(found: Content, table: Table) -> list[ColumnOut]:
    own = [column.name for column in table.columns]
    return [
        ColumnOut(
            name=name,
            label=(column := table.column(name)).label,
            kind=column.kind,
            required=column.required,
            hint=column.hint,
            options=[OptionOut(value=v, label=label) for v, label in found.allowed.get(name, {}).items()],
        )
        for name in [*own, *(head for head in found.heads if head not in own)]
    ]


class RowsIn(BaseModel, extra="forbid"):
    """The table as it shall be."""

    rows: Rows


class TableEditIn(RowsIn):
    """The table as it shall be, on which version it was made, why, and from when; without a day: at once."""

    version: Line
    reason: Annotated[Line, Field(min_length=2)]
    effective_at: AwareDatetime | None = None


class TakeBackIn(BaseModel, extra="forbid"):
    """Why a change is taken back."""

    reason: Annotated[Line, Field(min_length=2)]


class CellProblemOut(BaseModel, from_attributes=True):
    """A fault; row counts from 0, null: it belongs to no row of this table."""

    row: int | None
    column: str
    message: str


class CellChangeOut(BaseModel):
    """A cell, before and after."""

    column: str
    before: str
    after: str


class RowChangeOut(BaseModel):
    """A row that came, went or changed."""

    row: str
    cells: list[CellChangeOut]

    @classmethod
    def of(cls, change: RowChange, labels: dict[str, str]) -> Self:
        cells = [
            CellChangeOut(column=labels.get(name, name), before=before, after=after)
            for name, (before, after) in change.cells.items()
        ]
        return cls(row=change.row, cells=cells)


class DifferenceOut(BaseModel):
    """What a change comes to; long lists are cut, the counts are not."""

    added: list[RowChangeOut]
    removed: list[RowChangeOut]
    changed: list[RowChangeOut]
    counts: dict[str, int]

    @classmethod
    def of(cls, told: Difference, table: Table) -> Self:
        labels = {column.name: column.label for column in table.columns}
        parts = {"added": told.added, "removed": told.removed, "changed": told.changed}
        shown = {
            name: [RowChangeOut.of(change, labels) for change in changes[:SHOWN_CHANGES]]
            for name, changes in parts.items()
        }
        return cls(**shown, counts={name: len(changes) for name, changes in parts.items()})


class TableCheckOut(BaseModel):
    """What is wrong, and what would change."""

    problems: list[CellProblemOut]
    difference: DifferenceOut

    @classmethod
    def of(cls, found: list[CellProblem], told: Difference, table: Table) -> Self:
        return cls(
            problems=[CellProblemOut.model_validate(problem) for problem in found],
            difference=DifferenceOut.of(told, table),
        )


class TableChangeOut(BaseModel):
    """Who changed the table, when, why, and what."""

    publication_id: int
    at: datetime
    author_name: str
    reason: str
    difference: DifferenceOut

    @classmethod
    def of(cls, change: Change, table: Table) -> Self:
        row = change.publication
        return cls(
            publication_id=row.id,
            at=row.applied_at or row.at,
            author_name=row.author_name,
            reason=row.reason,
            difference=DifferenceOut.of(change.difference, table),
        )
