"""HTTP: the prompts callers hear, for administrators."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field, StringConstraints

from callcenter.accounts.web import permitted
from callcenter.core import work
from callcenter.core.errors import TooLarge
from callcenter.core.fields import Key, Line
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.prompts import jobs, service, texts
from callcenter.prompts.texts import LONGEST_TEXT, Said
from callcenter.settings import get_settings

router = APIRouter(prefix="/api/prompts", tags=["prompts"])

Spoken = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_TEXT, pattern=r"^[^\x00-\x1f]*$")]
Admin = Annotated[Actor, Depends(permitted(Permission.ADMIN))]


class PromptOut(BaseModel, from_attributes=True):
    """A prompt and what is played for it."""

    name: str
    text: str
    say: str
    seconds: float | None
    is_recorded: bool
    can_go_back: bool
    is_tone: bool
    is_changed: bool
    is_being_spoken: bool
    problem: str
    changed_at: datetime | None
    changed_by: str


class GoBackIn(BaseModel, extra="forbid"):
    """Why the voice is played again."""

    reason: Line = ""


class PromptTextIn(BaseModel, extra="forbid"):
    """What the prompt shall say, and how it is read where that differs."""

    text: Spoken
    say: Spoken = ""
    reason: Annotated[Line, Field(min_length=2)]


class PromptPutBackIn(BaseModel, extra="forbid"):
    """Which text shall be said again; no number: the one that came with the program."""

    version_id: Key | None = None
    reason: Annotated[Line, Field(min_length=2)]


class PromptVersionOut(BaseModel):
    """A text as it was; no number: it came with the program."""

    id: int | None
    text: str
    say: str
    at: datetime | None
    author_name: str
    reason: str


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
    if own := texts.newest(session).get(name):
        work.send_after_commit(session, jobs.speak_prompt, own.id)


@router.get("/{name:path}/texts")
def versions(user: Admin, session: ReadingDep, name: str) -> list[PromptVersionOut]:
    """Newest first; the last one came with the program."""
    return [
        PromptVersionOut(
            id=found.id,
            text=found.said.text,
            say=found.said.say,
            at=found.at,
            author_name=found.author_name,
            reason=found.reason,
        )
        for found in texts.history(session, name=name, by=user)
    ]


@router.post("/{name:path}/texts", status_code=202)
def write(user: Admin, session: SessionDep, name: str, body: PromptTextIn) -> None:
    """Spoken anew by the voice in the background; callers hear the old sound until then."""
    said = Said(body.text, body.say)
    row = texts.write(session, get_settings(), name=name, said=said, reason=body.reason, by=user)
    work.send_after_commit(session, jobs.speak_prompt, row.id)


@router.post("/{name:path}/texts/put-back", status_code=202)
def put_back(user: Admin, session: SessionDep, name: str, body: PromptPutBackIn) -> None:
    """An earlier text again, as a new step of the history."""
    row = texts.put_back(session, get_settings(), name=name, version_id=body.version_id, reason=body.reason, by=user)
    work.send_after_commit(session, jobs.speak_prompt, row.id)
