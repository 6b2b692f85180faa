"""The prompts callers hear: their texts, the sound in use, a human recording instead of the voice and the way back.

The sound of the voice is kept beside the recordings when one takes its place. The index says of each sound what it was
made from, so that a later `python -m voice prompts` makes again only what has changed.
"""

import hashlib
import json
import os
import shutil
import subprocess
import wave
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.core import audit
from callcenter.core.audit import AuditEntry
from callcenter.core.errors import Conflict, Invalid, NotFound, Unavailable
from callcenter.core.security import Actor, Permission, require
from callcenter.prompts import texts
from callcenter.prompts.models import PromptText
from callcenter.prompts.texts import MOST_TRIES, Said
from callcenter.settings import Settings

KINDS = ("wav", "flac", "ogg", "mp3")
LARGEST = 20_000_000
SHORTEST, LONGEST = 0.3, 180.0
"""Seconds a recording may last."""
CONVERT_SECONDS = 60
RATE = 8000
INDEX = ".made.json"
_VOICE = "voice"
"""Folder inside that of the recordings: what the voice had said."""
_RECORDING = "recording:"


@dataclass(frozen=True)
class Prompt:
    """One prompt: what it says, how it is read where that differs, and what is played."""

    name: str
    text: str
    say: str
    seconds: float | None
    """None: there is no sound yet."""
    is_recorded: bool
    """A person's recording, not the voice."""
    can_go_back: bool
    is_tone: bool = False
    is_changed: bool = False
    """Its text is not the one that came with the program."""
    is_being_spoken: bool = False
    """The voice has the text before it; callers hear the old sound meanwhile."""
    problem: str = ""
    """Why the voice could not speak the text."""
    changed_at: datetime | None = None
    changed_by: str = ""


def prompts(session: Session, settings: Settings, *, by: Actor) -> list[Prompt]:
    """Every prompt, in the order of the texts, with who changed its text or its sound last."""
    require(by, Permission.ADMIN)
    latest = (
        select(func.max(AuditEntry.id)).where(AuditEntry.subject.startswith("prompt:")).group_by(AuditEntry.subject)
    )
    acts = {row.subject: row for row in session.scalars(select(AuditEntry).where(AuditEntry.id.in_(latest)))}
    index, own = _index(settings), texts.newest(session)
    return [
        _prompt(settings, name, said, index, acts.get(f"prompt:{name}"), own.get(name))
        for name, said in texts.shipped().items()
    ]


def sound(settings: Settings, *, name: str, by: Actor) -> Path:
    """The file that is played; NotFound while there is none."""
    require(by, Permission.ADMIN)
    texts.known(name)
    file = settings.prompts_dir / f"{name}.wav"
    if not file.is_file():
        raise NotFound("这条提示音还没有声音，请先运行 make setup 生成，或上传真人录音。", code="prompt_silent")
    return file


def record(
    session: Session, settings: Settings, *, name: str, content: bytes, file_name: str, reason: str, by: Actor
) -> None:
    """Play a person's recording from the next call on; Invalid says why a file cannot be used."""
    require(by, Permission.ADMIN)
    texts.known(name)
    kind = file_name.rpartition(".")[2].lower()
    if kind not in KINDS:
        raise Invalid(f"请上传 {'、'.join(KINDS)} 格式的录音。", code="prompt_kind")
    played = settings.prompts_dir / f"{name}.wav"
    kept = settings.own_prompts_dir / f"{name}.wav"
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        given = kept.with_name(f".{kept.stem}.given.{kind}")
        given.write_bytes(content)
        ready = kept.with_name(f".{kept.stem}.ready.wav")
        seconds = _as_played(given, ready)
        _keep_voice(settings, name, played)
        played.parent.mkdir(parents=True, exist_ok=True)
        _put(ready, played)
        ready.replace(kept)
        given.unlink()
        _note(settings, name, _RECORDING + hashlib.sha256(kept.read_bytes()).hexdigest())
    except OSError as error:
        raise Unavailable(f"录音存不下来（{error.strerror}），提示音没有换。请检查提示音文件夹的权限。") from error
    details = {"seconds": round(seconds, 1), "file": file_name[:100]}
    audit.record(session, by, "prompt.record", f"prompt:{name}", reason=reason, details=details)


def go_back(session: Session, settings: Settings, *, name: str, reason: str, by: Actor) -> None:
    """Play the voice again, which speaks the text anew if it was changed meanwhile; the recording is kept aside."""
    require(by, Permission.ADMIN)
    texts.known(name)
    kept = settings.own_prompts_dir / f"{name}.wav"
    voice = _voice_of(settings, name)
    if not kept.is_file() or not voice.is_file():
        raise Conflict("这条提示音用的就是合成语音，不必退回。", code="prompt_not_recorded")
    try:
        _put(voice, settings.prompts_dir / f"{name}.wav")
        kept.replace(kept.with_suffix(".earlier"))
        _note(settings, name, _voice_keys(settings).get(name, ""))
        voice.unlink()
    except OSError as error:
        raise Unavailable(f"提示音换不回去（{error.strerror}），请检查提示音文件夹的权限。") from error
    if own := texts.newest(session).get(name):
        own.spoken_at, own.tries = None, 0
    audit.record(session, by, "prompt.go_back", f"prompt:{name}", reason=reason)


def _prompt(
    settings: Settings, name: str, said: Said, index: dict[str, str], act: AuditEntry | None, own: PromptText | None
) -> Prompt:
    return Prompt(
        name=name,
        text=own.text if own else said.text,
        say=own.say if own else said.say,
        is_tone=said.is_tone,
        is_changed=own is not None and (own.text, own.say) != (said.text, said.say),
        is_being_spoken=own is not None and own.spoken_at is None and own.tries < MOST_TRIES,
        problem=own.problem if own else "",
        seconds=_seconds(settings.prompts_dir / f"{name}.wav"),
        is_recorded=index.get(name, "").startswith(_RECORDING),
        can_go_back=_voice_of(settings, name).is_file(),
        changed_at=act.at if act else None,
        changed_by=act.actor_name if act else "",
    )


def _seconds(file: Path) -> float | None:
    try:
        with wave.open(str(file)) as sound:
            return sound.getnframes() / sound.getframerate()
    except (OSError, wave.Error, EOFError):
        return None


def _as_played(given: Path, ready: Path) -> float:
    """Whatever was recorded, as the line plays it; returns seconds."""
    command = ["sox", str(given), "-r", str(RATE), "-c", "1", "-b", "16", str(ready)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=CONVERT_SECONDS, check=False)
    except FileNotFoundError:
        raise Unavailable("没有安装 sox，无法转换录音；请运行 make setup。") from None
    except subprocess.TimeoutExpired:
        raise Invalid("录音转换超时，请换一个短一些的文件。", code="prompt_unreadable") from None
    seconds = _seconds(ready) if done.returncode == 0 else None
    if seconds is None:
        raise Invalid("这个文件不是能播放的录音，请另存为 wav 后重试。", code="prompt_unreadable")
    if not SHORTEST <= seconds <= LONGEST:
        raise Invalid(f"录音应在 {SHORTEST} 秒到 {LONGEST:.0f} 秒之间，这个是 {seconds:.1f} 秒。", code="prompt_length")
    return seconds


def _put(source: Path, target: Path) -> None:
    """In one step: a caller hears the old sound or the new one."""
    fresh = target.with_name(f".{target.name}.new")
    shutil.copyfile(source, fresh)
    fresh.replace(target)


def _voice_of(settings: Settings, name: str) -> Path:
    return settings.own_prompts_dir / _VOICE / f"{name}.wav"


def _keep_voice(settings: Settings, name: str, played: Path) -> None:
    """The first recording keeps what the voice had said, and what that was made from."""
    key = _index(settings).get(name, "")
    if key.startswith(_RECORDING) or not played.is_file():
        return
    voice = _voice_of(settings, name)
    voice.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(played, voice)
    keys = settings.own_prompts_dir / _VOICE / INDEX
    _write(keys, _voice_keys(settings) | {name: key})


def _voice_keys(settings: Settings) -> dict[str, str]:
    return _read(settings.own_prompts_dir / _VOICE / INDEX)


def _index(settings: Settings) -> dict[str, str]:
    return _read(settings.prompts_dir / INDEX)


def _note(settings: Settings, name: str, key: str) -> None:
    _write(settings.prompts_dir / INDEX, _index(settings) | {name: key})


def _read(file: Path) -> dict[str, str]:
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}


def _write(file: Path, keys: dict[str, str]) -> None:
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    fresh.write_text(json.dumps(keys, ensure_ascii=False, indent=1), encoding="utf-8")
    fresh.replace(file)
