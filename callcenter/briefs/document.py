"""A report as data: what the screen shows and every kind of file is made from. Pure."""

from typing import Literal

from pydantic import BaseModel

Cell = str | int | float | None
"""A float in a table is a share, shown in per cent."""


class Table(BaseModel):
    """Rows under a head; the first column names the row."""

    title: str
    head: list[str]
    rows: list[list[Cell]]


class Series(BaseModel):
    """One line, or the bars of one colour."""

    name: str
    values: list[float]


class Chart(BaseModel):
    """Bars for comparing, a line for a course."""

    kind: Literal["bar", "line"]
    title: str
    labels: list[str]
    series: list[Series]


class Heat(BaseModel):
    """A table whose cells are coloured by how much they hold."""

    title: str
    columns: list[str]
    rows: list[str]
    values: list[list[int]]

    @property
    def most(self) -> int:
        return max((value for row in self.values for value in row), default=0)


class Section(BaseModel):
    """A heading with what is under it, in the order text, tables, charts, heat table."""

    title: str
    text: list[str] = []
    tables: list[Table] = []
    charts: list[Chart] = []
    heat: Heat | None = None


class Document(BaseModel):
    """A whole report."""

    title: str
    period: str
    made_at: str
    sections: list[Section]

    def for_reading(self) -> "Document":
        """The same with every cell as people read it."""
        sections = [
            section.model_copy(update={"tables": [_as_text(table) for table in section.tables]})
            for section in self.sections
        ]
        return self.model_copy(update={"sections": sections})


def _as_text(table: Table) -> Table:
    return table.model_copy(update={"rows": [[shown(cell) for cell in row] for row in table.rows]})


def shown(cell: Cell) -> str:
    """A cell as people read it."""
    if cell is None:
        return "—"
    if isinstance(cell, float):
        return f"{cell:.2%}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def shade(value: int, most: int) -> str:
    """Colour of a heat cell: from white to the city's red, by the share of the fullest cell."""
    share = value / most if most else 0.0
    red, green, blue = 255 - int(25 * share), 255 - int(155 * share), 255 - int(165 * share)
    return f"{red:02X}{green:02X}{blue:02X}"
