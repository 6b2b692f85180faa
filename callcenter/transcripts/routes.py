"""HTTP: asr delivers text, pages read transcripts and whether transcription is on."""

import json
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import TypeAdapter
from sqlalchemy import func, select

from asr.protocol import TRANSCRIPTS_PATH, MessageKind, TranscriptMessage
from callcenter.accounts.web import permitted
from callcenter.calls.queries import call as find_call
from callcenter.core import db
from callcenter.core.errors import Invalid
from callcenter.core.security import Permission
from callcenter.core.web import ReadingDep, limited_body, require_internal_token
from callcenter.transcripts import recogniser, service
from callcenter.transcripts.models import TaskState, TranscriptionTask
from callcenter.transcripts.schemas import ReceivedOut, TranscriptionOut, TranscriptOut

router = APIRouter(tags=["transcripts"])

MAX_BYTES = 1 << 20
MAX_MESSAGES = 500
LARGEST = 1 << 31
# The messages' own reader takes any type for a value; what the database would refuse is to be refused here, by name.
_CHECKED = TypeAdapter(TranscriptMessage)


@router.post(TRANSCRIPTS_PATH, dependencies=[Depends(require_internal_token)], include_in_schema=False)
def receive(body: Annotated[bytes, Depends(limited_body(MAX_BYTES))]) -> ReceivedOut:
    """A list of messages (docs/asr-protocol.md). One bad message: 422 that says which; the others are kept."""
    messages, problems = _read(body)
    final = [message for message in messages if message.kind is not MessageKind.INTERIM]
    interim = [message for message in messages if message.kind is MessageKind.INTERIM]
    unknown: list[str] = []
    if final:
        with db.unit_of_work() as session:
            unknown = service.receive(session, messages=final)
    if interim:
        with db.reading() as session:
            service.announce(session, messages=interim)
    if problems:
        raise Invalid(
            f"有 {len(problems)} 条转写消息格式不正确，其余已保存。", code="bad_message", details={"problems": problems}
        )
    return ReceivedOut(unknown_taps=unknown)


@router.get("/api/calls/{call_id}/transcript", dependencies=[Depends(permitted(Permission.CALL_READ))])
def read_transcript(call_id: str, session: ReadingDep) -> TranscriptOut:
    call = find_call(session, call_id)
    task = session.get(TranscriptionTask, call_id)
    return TranscriptOut.of(call, service.transcript(session, call_id=call_id), task)


@router.get("/api/transcription", dependencies=[Depends(permitted(Permission.CALL_READ))])
def transcription(session: ReadingDep) -> TranscriptionOut:
    """Is speech transcribed now? If not: why, and what to do."""
    waiting = select(func.count()).select_from(TranscriptionTask).where(TranscriptionTask.state == TaskState.OPEN)
    state = recogniser.state()
    return TranscriptionOut(
        on=state.on,
        engine=state.engine,
        detail=state.detail,
        remedy=state.remedy,
        calls_waiting=session.scalar(waiting) or 0,
    )


def _read(body: bytes) -> tuple[list[TranscriptMessage], list[dict[str, object]]]:
    """The messages that can be read, and the place and fault of each that cannot."""
    try:
        items = json.loads(body, parse_constant=_no_constant)
    except ValueError as error:
        raise Invalid("转写消息不是有效的 JSON。", code="bad_message") from error
    if not isinstance(items, list) or len(items) > MAX_MESSAGES:
        raise Invalid(f"转写消息应是不超过 {MAX_MESSAGES} 条的列表。", code="bad_message")
    messages, problems = [], []
    for index, item in enumerate(items):
        try:
            messages.append(_message(item))
        except ValueError as error:
            problems.append({"index": index, "problem": str(error)})
    return messages, problems


def _message(item: Any) -> TranscriptMessage:
    message = _CHECKED.validate_python(asdict(TranscriptMessage.from_dict(item)))
    if not (0 <= message.seq < LARGEST and 0 <= message.start_ms <= message.end_ms < LARGEST):
        raise ValueError("seq, start_ms and end_ms do not fit")
    if "\0" in message.text + message.raw_text + message.tap_id + message.engine:
        raise ValueError("text holds a NUL")
    return message


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
