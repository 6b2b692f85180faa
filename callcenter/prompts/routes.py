"""HTTP: the prompts callers hear, for administrators."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel

from callcenter.accounts.web import permitted
from callcenter.core.errors import TooLarge
from callcenter.core.fields import Line
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.prompts import service
from callcenter.settings import get_settings

router = APIRouter(prefix="/api/prompts", tags=["prompts"])

Admin = Annotated[Actor, Depends(permitted(Permission.ADMIN))]


class PromptOut(BaseModel, from_attributes=True):
    """A prompt and what is played for it."""

    name: str
    text: str
    say: str
    seconds: float | None
    is_recorded: bool
    can_go_back: bool
    changed_at: datetime | None
    changed_by: str


class GoBackIn(BaseModel, extra="forbid"):
    """Why the voice is played again."""

    reason: Line = ""


@router.get("")
def prompts(user: Admin, session: ReadingDep) -> list[PromptOut]:
    """In the order of the texts."""
    return [PromptOut.model_validate(found) for found in service.prompts(session, get_settings(), by=user)]


@router.get("/{name:path}/sound", response_class=FileResponse)
def sound(user: Admin, name: str) -> FileResponse:
    """What callers hear."""
    file = service.sound(get_settings(), name=name, by=user)
    return FileResponse(file, media_type="audio/wav", headers={"Cache-Control": "no-store"})


@router.post("/{name:path}/recording", status_code=204)
def record(user: Admin, session: SessionDep, name: str, file: UploadFile, reason: Annotated[Line, Form()] = "") -> None:
    """A person's recording, played from the next call on."""
    content = file.file.read(service.LARGEST + 1)
    if len(content) > service.LARGEST:
        raise TooLarge("录音超过 20 MB，请剪短或压缩后再传。")
    service.record(
        session, get_settings(), name=name, content=content, file_name=file.filename or "", reason=reason, by=user
    )


@router.post("/{name:path}/go-back", status_code=204)
def go_back(user: Admin, session: SessionDep, name: str, body: GoBackIn) -> None:
    """The voice again."""
    service.go_back(session, get_settings(), name=name, reason=body.reason, by=user)
