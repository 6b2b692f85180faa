"""HTTP: tickets out as a table, old tickets in from one."""

import json
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Form, Query, Response, UploadFile
from pydantic import BaseModel, Field

from callcenter.accounts.web import permitted
from callcenter.core import sheets
from callcenter.core.errors import Invalid
from callcenter.core.fields import Line, Prose
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

    @classmethod
    def of(cls, done: importing.Outcome, dry_run: bool) -> Self:
        bad = [BadRowOut(line=line, problem=problem) for line, problem in done.bad]
        return cls(made=done.made, known=done.known, bad=bad, dry_run=dry_run)


class FieldOut(BaseModel):
    """Something a ticket can be imported with, and the head its column usually has."""

    name: str
    label: str
    required: bool


class OldTicketsOut(BaseModel):
    """A table as it was read: its heads, what they can mean, its rows."""

    heads: list[str]
    fields: list[FieldOut]
    rows: list[dict[str, str]]


class SliceIn(BaseModel, extra="forbid"):
    """A part of a table of old tickets: few enough rows that calls need not wait for them."""

    rows: Annotated[list[dict[str, Prose]], Field(min_length=1, max_length=500)]
    fields: dict[Line, Line] = {}
    """Field to head of its column."""
    first_line: Annotated[int, Field(ge=2, le=10_000_000)] = 2
    dry_run: bool = True


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
    return ImportOut.of(done, dry_run)


@router.post("/import/read")
def read_old_tickets(_user: Importer, file: UploadFile) -> OldTicketsOut:
    """A table of old tickets as rows, to be mapped, checked and imported part by part."""
    rows = sheets.read_table(file.file.read(), name=file.filename or "文件")
    fields = [
        FieldOut(name=name, label=label, required=name in importing.REQUIRED)
        for name, label in importing.FIELDS.items()
    ]
    return OldTicketsOut(heads=list(rows[0]) if rows else [], fields=fields, rows=rows)


@router.post("/import/rows")
def import_slice(user: Importer, session: SessionDep, body: SliceIn) -> ImportOut:
    """A part of a table; each is a transaction of its own, and one that is sent again makes nothing twice."""
    done = importing.import_rows(
        session, rows=body.rows, heads=body.fields, dry_run=body.dry_run, by=user, first_line=body.first_line
    )
    return ImportOut.of(done, body.dry_run)


def _heads(text: str) -> dict[str, str]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found.values()):
        raise Invalid('字段对应表看不懂，请写成 {"kind": "诉求类型"} 这样的JSON。')
    return found
