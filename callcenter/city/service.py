"""The city's tables: read, checked, put in force as a publication of the whole set, taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.city import editing
from callcenter.city.columns import Choices, Row, Table
from callcenter.city.editing import CellProblem, Difference
from callcenter.city.tables import table_of
from callcenter.core.errors import Conflict, Invalid, NotFound
from callcenter.core.security import Actor
from callcenter.routing import publishing
from callcenter.routing.documents import RuleSetError
from callcenter.routing.models import RulePublication

LOOKED_BACK = 100
"""Publications that are looked through for changes of one table."""


@dataclass(frozen=True)
class Change:
    """A publication that changed a table."""

    publication: RulePublication
    difference: Difference


@dataclass(frozen=True)
class Content:
    """A table as it stands in the files in use."""

    table: Table
    folder: Path

    @cached_property
    def text(self) -> str:
        file = self.folder / self.table.file
        return file.read_text(encoding="utf-8-sig") if file.exists() else ""

    @property
    def version(self) -> str:
        """Equal texts have equal versions: an edit says on which one it was made."""
        return version_of(self.text)

    @property
    def heads(self) -> list[str]:
        return editing.read(self.text)[0] or [column.name for column in self.table.columns]

    @property
    def rows(self) -> list[Row]:
        return editing.read(self.text)[1]

    @cached_property
    def allowed(self) -> dict[str, Choices]:
        """What may be chosen, by column."""

        def rows_of(key: str) -> list[Row]:
            file = self.folder / publishing.CITY / f"{key}.tsv"
            return editing.read(file.read_text(encoding="utf-8-sig"))[1] if file.exists() else []

        return {column.name: column.allowed(rows_of) for column in self.table.columns}


def version_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]


def content(key: str, *, folder: Path) -> Content:
    """The table; NotFound for a name that is none."""
    return Content(table_of(key), folder)


def problems(found: Content, rows: Sequence[Row]) -> list[CellProblem]:
    """Everything that keeps these rows from taking effect: cells first, then the whole set with its examples."""
    wrong = editing.cell_problems(found.table, rows, found.allowed)
    if wrong:
        return wrong
    files = _files(found, rows)
    if files[found.table.file] == found.text:
        return []
    try:
        publishing.checked(files)
    except RuleSetError as error:
        return editing.located(found.table, error.problems)
    return []


def publish(
    session: Session,
    found: Content,
    *,
    rows: Sequence[Row],
    version: str,
    reason: str,
    effective_at: datetime | None = None,
    by: Actor,
) -> RulePublication:
    """Put the rows in force. Conflict when somebody else changed the table meanwhile; Invalid names what is wrong."""
    if version != found.version:
        raise Conflict("这张表刚被别人改过，没有覆盖。请先导出您的修改，刷新后再改。", code="stale_table")
    wrong = editing.cell_problems(found.table, rows, found.allowed)
    if wrong:
        raise Invalid(f"有 {len(wrong)} 处问题，没有生效：{wrong[0].message}", code="table_invalid")
    files = _files(found, rows)
    return publishing.publish(
        session, files=files, folder=found.folder, reason=reason, effective_at=effective_at, by=by
    )


def history(session: Session, found: Content) -> list[Change]:
    """What was changed in the table, newest first."""
    inside = RulePublication.files[found.table.file].as_string()
    chosen = (
        select(RulePublication, inside)
        .where(RulePublication.applied_at.is_not(None))
        .order_by(RulePublication.applied_at.desc(), RulePublication.id.desc())
        .limit(LOOKED_BACK)
    )
    states = session.execute(chosen).all()
    changes = []
    for (row, after), (_, before) in pairwise(states):
        if after != before:
            told = editing.difference(found.table, editing.read(before or "")[1], editing.read(after or "")[1])
            changes.append(Change(row, told))
    return changes


def take_back(session: Session, found: Content, *, publication_id: int, reason: str, by: Actor) -> RulePublication:
    """Put the table alone back to what it was before a publication; everything else stays as it is now."""
    row = session.get(RulePublication, publication_id)
    if row is None or row.applied_at is None:
        raise NotFound("没有这次修改的记录，请刷新后再试。", code="publication_not_found")
    earlier = session.scalar(
        select(RulePublication.files[found.table.file].as_string())
        .where(RulePublication.applied_at.is_not(None), RulePublication.applied_at <= row.applied_at)
        .where(RulePublication.id < row.id)
        .order_by(RulePublication.applied_at.desc(), RulePublication.id.desc())
        .limit(1)
    )
    if earlier is None:
        raise Conflict("这是最早的记录，没有更早的内容可以退回。", code="nothing_before")
    files = publishing.read_files(found.folder) | {found.table.file: earlier}
    return publishing.publish(session, files=files, folder=found.folder, reason=reason, by=by)


def _files(found: Content, rows: Sequence[Row]) -> dict[str, str]:
    written = editing.write(found.table, found.heads, rows)
    return publishing.read_files(found.folder) | {found.table.file: written}
