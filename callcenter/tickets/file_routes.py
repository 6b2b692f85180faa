"""HTTP: the files of a ticket and its forms for print."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Response, UploadFile
from fastapi.responses import FileResponse

from callcenter.accounts.web import permitted
from callcenter.core import prints
from callcenter.core.fields import Key, Line
from callcenter.core.security import Actor, Permission
from callcenter.core.web import SessionDep
from callcenter.tickets import files, forms
from callcenter.tickets.part_schemas import FileOut

router = APIRouter(prefix="/api/tickets/{ticket_id}", tags=["tickets"])

Reader = Annotated[Actor, Depends(permitted(Permission.TICKET_READ))]
TicketId = Annotated[Key, Path()]


@router.post("/files", status_code=201)
def attach(
    user: Reader, session: SessionDep, ticket_id: TicketId, file: UploadFile, note: Annotated[Line, Form()] = ""
) -> FileOut:
    """Keep a picture, PDF, Word or Excel file with the ticket; the same file again is kept once."""
    # One byte more than allowed is enough to know.
    content = file.file.read(files.MOST_BYTES + 1)
    row = files.attach(session, ticket_id=ticket_id, name=file.filename or "", content=content, note=note, by=user)
    return FileOut.model_validate(row)


@router.get("/files/{file_id}", response_class=FileResponse)
def read_file(user: Reader, session: SessionDep, ticket_id: TicketId, file_id: Annotated[Key, Path()]) -> FileResponse:
    row, path = files.read(session, ticket_id=ticket_id, file_id=file_id, by=user)
    return FileResponse(
        path, media_type=row.media_type, filename=row.name, headers={"X-Content-Type-Options": "nosniff"}
    )


@router.get("/forms/{kind}", response_class=Response)
def print_form(user: Reader, session: SessionDep, ticket_id: TicketId, kind: forms.FormKind) -> Response:
    """交办单 or 移交单 as PDF; printing is on record."""
    form = forms.FORMS[kind](session, ticket_id=ticket_id, by=user)
    return Response(prints.pdf(form), media_type="application/pdf")
