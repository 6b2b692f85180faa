"""HTTP: the city's tables, for those who may publish: edit, check, put in force, out and in as sheets, history."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, UploadFile

from callcenter.accounts.web import permitted
from callcenter.city import editing, service
from callcenter.city.schemas import (
    RowsIn,
    TableChangeOut,
    TableCheckOut,
    TableEditIn,
    TableLineOut,
    TableOut,
    TakeBackIn,
)
from callcenter.city.service import Content
from callcenter.city.tables import TABLES
from callcenter.core import audit, sheets
from callcenter.core.errors import Invalid
from callcenter.core.security import Actor, Permission
from callcenter.core.sheets import TableFormat
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.routing.workbench_schemas import PublicationOut
from callcenter.settings import get_settings

router = APIRouter(prefix="/api/tables", tags=["tables"])

Publisher = Annotated[Actor, Depends(permitted(Permission.RULES_PUBLISH))]
LARGEST_SHEET = 10_000_000


def _folder() -> Path:
    return get_settings().rules_dir


def _table(key: str) -> Content:
    return service.content(key, folder=_folder())


Found = Annotated[Content, Depends(_table)]


@router.get("")
def tables(_user: Publisher) -> list[TableLineOut]:
    return [TableLineOut.of(Content(table, _folder())) for table in TABLES]


@router.get("/{key}")
def table(_user: Publisher, found: Found) -> TableOut:
    return TableOut.of(found)


@router.post("/{key}/check")
def check(_user: Publisher, found: Found, body: RowsIn) -> TableCheckOut:
    """What is wrong with the rows, in this table and in the whole set, and what they would change."""
    told = editing.difference(found.table, found.rows, body.rows)
    return TableCheckOut.of(service.problems(found, body.rows), told, found.table)


@router.post("/{key}/publish", status_code=201)
def publish(user: Publisher, session: SessionDep, found: Found, body: TableEditIn) -> PublicationOut:
    """In force as a whole or not at all."""
    row = service.publish(
        session,
        found,
        rows=body.rows,
        version=body.version,
        reason=body.reason,
        effective_at=body.effective_at,
        by=user,
    )
    return PublicationOut.of(row)


@router.get("/{key}/history")
def history(_user: Publisher, session: ReadingDep, found: Found) -> list[TableChangeOut]:
    """Newest first."""
    return [TableChangeOut.of(change, found.table) for change in service.history(session, found)]


@router.post("/{key}/take-back/{publication_id}", status_code=201)
def take_back(
    user: Publisher, session: SessionDep, found: Found, publication_id: int, body: TakeBackIn
) -> PublicationOut:
    """The table as it was before that change; other tables and the rules stay."""
    row = service.take_back(session, found, publication_id=publication_id, reason=body.reason, by=user)
    return PublicationOut.of(row)


@router.get("/{key}/export", response_class=Response)
def export(
    user: Publisher, session: SessionDep, found: Found, format: Annotated[TableFormat, Query()] = TableFormat.XLSX
) -> Response:
    """The table under its Chinese heads, as CSV or Excel."""
    names = [column.name for column in found.table.columns]
    names += [head for head in found.heads if head not in names]
    heads = [found.table.column(name).label for name in names]
    rows = [[row.get(name, "") for name in names] for row in found.rows]
    audit.record(session, user, "table.export", f"table:{found.table.key}", details={"rows": len(rows)})
    return sheets.response(heads, rows, name=found.table.key, title=found.table.title, as_=format)


@router.post("/{key}/read-sheet")
def read_sheet(_user: Publisher, found: Found, file: UploadFile) -> RowsIn:
    """A sheet as rows of this table, to be looked at before anything takes effect."""
    raw = file.file.read(LARGEST_SHEET + 1)
    if len(raw) > LARGEST_SHEET:
        raise Invalid("表格超过 10 MB，请分成几份导入。")
    rows = sheets.read_table(raw, name=file.filename or "表格")
    named = {column.label: column.name for column in found.table.columns} | {name: name for name in found.heads}
    known = [head for head in (rows[0] if rows else {}) if head in named]
    lacking = [c.label for c in found.table.columns if c.required and c.name not in {named[head] for head in known}]
    if lacking:
        raise Invalid(f"表里缺少这些列：{'、'.join(lacking)}。第一行应是列名，可先导出一份照着填。")
    return RowsIn(rows=[{named[head]: sheets.unsafe(row.get(head, "")) for head in known} for row in rows])
