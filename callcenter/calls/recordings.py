"""Sound files of calls: where they lie, and that every listening is on record."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import audit
from callcenter.core.clock import now
from callcenter.core.errors import NotFound
from callcenter.core.security import Actor, Permission, require
from callcenter.settings import get_settings

ONE_LISTENING = timedelta(minutes=10)
"""A player asks for many pieces of a file; within this time they are one act."""


def play(session: Session, *, file: str, subject: str, by: Actor) -> Path:
    """Path of a recording this user may hear now. `subject` is what the audit names, such as `call:<id>`."""
    require(by, Permission.RECORDING_PLAY)
    folder = get_settings().recordings_dir.resolve()
    path = (folder / file).resolve()
    if not file or not path.is_relative_to(folder) or not path.is_file():
        raise NotFound("没有找到录音文件，通话可能尚未开始录音，或录音已按期限清理。", code="recording_not_found")
    _note(session, file=file, subject=subject, by=by)
    return path


def _note(session: Session, *, file: str, subject: str, by: Actor) -> None:
    act = audit.AuditEntry
    same = select(act.details).where(
        act.subject == subject,
        act.action == "recording.play",
        act.actor_id == by.user_id,
        act.at > now() - ONE_LISTENING,
    )
    if not any(details.get("file") == file for details in session.scalars(same)):
        audit.record(session, by, "recording.play", subject, details={"file": file})
