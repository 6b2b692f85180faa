"""HTTP: tickets out as a table, old tickets in from one."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Response, UploadFile
from pydantic import BaseModel

from callcenter.accounts.web import permitted
from callcenter.core import sheets
from callcenter.core.errors import Invalid
from callcenter.core.fields import Line
from callcenter.core.security import Actor, Permission
from callcenter.core.sheets import TableFormat
from callcenter.core.web import SessionDep
from callcenter.tickets import exporting, importing
from callcenter.tickets.schemas import FilterIn

router = APIRouter(prefix="/api/tickets", tags=["tickets"])

Exporter = Annotated[Actor, Depends(permitted(Permission.TICKET_EXPORT))]
Importer = Annotated[Actor, Depends(permitted(Permission.ADMIN))]


class ExportIn(FilterIn):
    """Which tickets, in what form, and what for."""

    format: TableFormat = TableFormat.XLSX
    reason: Line = ""


class BadRowOut(BaseModel):
    """A row that cannot be imported."""

    line: int
    problem: str


class ImportOut(BaseModel):
    """What an import did, or a dry run would do."""

    made: int
    known: int
    bad: list[BadRowOut]
    dry_run: bool


@router.get("/export", response_class=Response)
def export(user: Exporter, session: SessionDep, where: Annotated[ExportIn, Query()]) -> Response:
    """The tickets as CSV or Excel, who asked masked; what for is kept on record."""
    rows = exporting.export(session, where=where.filter(), reason=where.reason, by=user)
    return sheets.response(exporting.HEADS, rows, name="tickets", title="工单", as_=where.format)


@router.post("/import")
def import_tickets(
    user: Importer,
    session: SessionDep,
    file: UploadFile,
    fields: Annotated[str, Form(description="字段对应表，JSON：字段到列名")] = "{}",
    dry_run: Annotated[bool, Form(description="只检查，不导入")] = True,
) -> ImportOut:
    """Old tickets from CSV or Excel: a dry run first, which names every bad row."""
    rows = sheets.read_table(file.file.read(), name=file.filename or "文件")
    done = importing.import_rows(session, rows=rows, heads=_heads(fields), dry_run=dry_run, by=user)
    bad = [BadRowOut(line=line, problem=problem) for line, problem in done.bad]
    return ImportOut(made=done.made, known=done.known, bad=bad, dry_run=dry_run)


def _heads(text: str) -> dict[str, str]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found.values()):
        raise Invalid('字段对应表看不懂，请写成 {"kind": "诉求类型"} 这样的JSON。')
    return found
