"""What the prompts say: the texts that are shipped, those changed here, and the way back to each.

A changed text lies in the data directory, where `python -m voice prompts` finds it too; its row waits for the voice.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.core import audit
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Invalid, NotFound, Unavailable
from callcenter.core.files import put
from callcenter.core.security import Actor, Permission, require
from callcenter.prompts.models import PromptText
from callcenter.settings import PROJECT_ROOT, Settings

SHIPPED = PROJECT_ROOT / "dialplan" / "sounds" / "zh" / "prompts.yaml"
LONGEST_TEXT = 500
MOST_TRIES = 3


@dataclass(frozen=True)
class Said:
    """A text, and how it is read where that differs."""

    text: str
    say: str = ""
    is_tone: bool = False
    """The text is a name only, nothing is spoken."""


@dataclass(frozen=True)
class Version:
    """A text as it was at some time; no number: it came with the program."""

    id: int | None
    said: Said
    at: datetime | None = None
    author_name: str = ""
    reason: str = ""


def own_file(settings: Settings) -> Path:
    """Texts that were changed here, in the form of those that are shipped."""
    return settings.data_dir / "prompt-texts.yaml"


def shipped() -> dict[str, Said]:
    """Every prompt as it came, in order."""
    entries: dict[str, Any] = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    fields = {name: entry if isinstance(entry, dict) else {"text": entry} for name, entry in entries.items()}
    return {str(name): Said(e["text"], e.get("say", ""), "tone" in e) for name, e in fields.items()}


def known(name: str) -> Said:
    """The shipped text: only names of prompts, which lead nowhere else."""
    found = shipped().get(name)
    if found is None:
        raise NotFound("没有这条提示音，请刷新列表。", code="prompt_not_found")
    return found


def newest(session: Session) -> dict[str, PromptText]:
    """The text that is wanted of each prompt that was changed here."""
    latest = select(func.max(PromptText.id)).group_by(PromptText.name)
    return {row.name: row for row in session.scalars(select(PromptText).where(PromptText.id.in_(latest)))}


def write(session: Session, settings: Settings, *, name: str, said: Said, reason: str, by: Actor) -> PromptText:
    """Let the prompt say this: from when the voice has spoken it, or a person records it."""
    require(by, Permission.ADMIN)
    if known(name).is_tone:
        raise Invalid("这条是提示音调，没有文字可改；要换声音请上传录音。", code="prompt_is_tone")
    if not any("\u4e00" <= letter <= "\u9fff" for letter in said.say or said.text):
        raise Invalid("请填写要读出来的中文文字。", code="prompt_text_empty")
    if len(said.text) > LONGEST_TEXT or len(said.say) > LONGEST_TEXT:
        raise Invalid(f"文字超过 {LONGEST_TEXT} 字，来电人等不了这么久，请缩短。", code="prompt_text_long")
    before = current(session, name)
    if said == before:
        raise Conflict("文字没有变，不必保存。", code="same_text")
    at = now()
    for waiting in session.scalars(select(PromptText).where(PromptText.name == name, PromptText.spoken_at.is_(None))):
        waiting.spoken_at = at
    row = PromptText(name=name, at=at, author_id=by.user_id, author_name=by.name, reason=reason)
    row.text, row.say = said.text, said.say
    session.add(row)
    session.flush()
    details = {"before": before.text, "after": said.text}
    audit.record(session, by, "prompt.write", f"prompt:{name}", reason=reason, details=details)
    keep(session, settings)
    return row


def put_back(
    session: Session, settings: Settings, *, name: str, version_id: int | None, reason: str, by: Actor
) -> PromptText:
    """Say an earlier text again; without a number the one that came with the program."""
    require(by, Permission.ADMIN)
    if version_id is None:
        return write(session, settings, name=name, said=known(name), reason=reason, by=by)
    row = session.get(PromptText, version_id)
    if row is None or row.name != name:
        raise NotFound("没有这一版文字，请刷新后再试。", code="prompt_text_not_found")
    return write(session, settings, name=name, said=Said(row.text, row.say), reason=reason, by=by)


def current(session: Session, name: str) -> Said:
    """What the prompt shall say now."""
    row = newest(session).get(name)
    return Said(row.text, row.say) if row else known(name)


def history(session: Session, *, name: str, by: Actor) -> list[Version]:
    """Newest first; the last one came with the program."""
    require(by, Permission.ADMIN)
    came = Version(None, known(name))
    rows = session.scalars(select(PromptText).where(PromptText.name == name).order_by(PromptText.id.desc()))
    return [*(Version(row.id, Said(row.text, row.say), row.at, row.author_name, row.reason) for row in rows), came]


def waiting(session: Session) -> list[int]:
    """Texts that no voice has spoken yet."""
    chosen = select(PromptText.id).where(PromptText.spoken_at.is_(None), PromptText.tries < MOST_TRIES)
    return list(session.scalars(chosen.order_by(PromptText.id)))


def keep(session: Session, settings: Settings) -> None:
    """The file that the voice reads says what the rows say."""
    came = shipped()
    own = {
        name: {"text": row.text, "say": row.say} if row.say else row.text
        for name, row in sorted(newest(session).items())
        if came.get(name) != Said(row.text, row.say)
    }
    try:
        put(own_file(settings), yaml.safe_dump(own, allow_unicode=True, sort_keys=False))
    except OSError as error:
        raise Unavailable(f"提示音文字存不下来（{error.strerror}），请检查数据文件夹的权限。") from None
