"""The calendar files as they are changed from the page: a year's notice, single days of the city or of one area.

The files stay the source of the calendar, as for `callcenter calendar`; each state that was put in force is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Invalid, NotFound, Unavailable
from callcenter.core.files import put
from callcenter.core.security import SYSTEM, Actor, Permission, require
from callcenter.workdays.arithmetic import DayKind
from callcenter.workdays.files import (
    AREA_PREFIX,
    LOCAL,
    CalendarFile,
    Day,
    Files,
    calendar_file,
    calendar_files,
    read_files,
    text_of,
)
from callcenter.workdays.models import CalendarPublication
from callcenter.workdays.service import DayChange, bring_in

BASELINE = "此前在用的日历"
OWN = "本地自定"
"""Source of days that the city itself sets."""


@dataclass(frozen=True)
class OwnDay:
    """A day as the city, or one unit and those that belong to it, keeps it; no kind: nothing of their own any more."""

    day: date
    kind: DayKind | None
    note: str = ""
    unit_id: str = ""


@dataclass(frozen=True)
class Edit:
    """What shall be said otherwise."""

    year: CalendarFile | None = None
    """The notice of a year, whole."""
    days: Sequence[OwnDay] = field(default_factory=tuple)


def version_of(files: Files) -> str:
    """Equal files have equal versions: an edit says on which one it was made."""
    return sha256("\0".join(part for pair in sorted(files.items()) for part in pair).encode()).hexdigest()[:12]


def edited(files: Files, edit: Edit) -> dict[str, str]:
    """The files with the edit; Invalid says what cannot be done."""
    new = dict(files)
    if edit.year:
        name = f"{edit.year.year}.yaml"
        new[name] = text_of(edit.year)
        calendar_file(name, new[name])
    for own in edit.days:
        name = _own_file(new, own.unit_id)
        known = calendar_file(name, new[name]) if name in new else _empty(own.unit_id)
        if own.kind is None and own.day not in known.days:
            raise Invalid(f"{own.day} 没有本地自定的安排，不必取消；改动通知规定的日子请另选类型。")
        days = {day: entry for day, entry in known.days.items() if day != own.day}
        if own.kind is not None:
            days[own.day] = Day(kind=own.kind, note=own.note)
        new[name] = text_of(known.model_copy(update={"days": days}))
        if not days:
            del new[name]
    return new


def publish(session: Session, *, edit: Edit, folder: Path, version: str, reason: str, by: Actor) -> list[DayChange]:
    """Put the edit in force. Conflict when somebody else changed the calendar meanwhile."""
    require(by, Permission.ADMIN)
    files = read_files(folder)
    if version != version_of(files):
        raise Conflict("日历刚被别人改过，没有覆盖。请刷新后再改。", code="stale_calendar")
    return _put_in_force(session, edited(files, edit), folder=folder, reason=reason, by=by)


def take_back(session: Session, *, publication_id: int, folder: Path, reason: str, by: Actor) -> list[DayChange]:
    """Put the calendar back to what it was before a publication."""
    require(by, Permission.ADMIN)
    before = session.scalar(
        select(CalendarPublication)
        .where(CalendarPublication.id < _known(session, publication_id).id)
        .order_by(CalendarPublication.id.desc())
        .limit(1)
    )
    if before is None:
        raise Conflict("这是最早的记录，没有更早的日历可以退回。", code="nothing_before")
    return _put_in_force(session, before.files, folder=folder, reason=reason, by=by)


def history(session: Session, *, limit: int) -> list[CalendarPublication]:
    """Newest first."""
    return list(session.scalars(select(CalendarPublication).order_by(CalendarPublication.id.desc()).limit(limit)))


def _known(session: Session, publication_id: int) -> CalendarPublication:
    found = session.get(CalendarPublication, publication_id)
    if found is None:
        raise NotFound("没有这次修改的记录，请刷新后再试。", code="publication_not_found")
    return found


def _put_in_force(session: Session, files: Files, *, folder: Path, reason: str, by: Actor) -> list[DayChange]:
    if not reason.strip():
        raise Invalid("请写明理由，以便以后查对。")
    present, wanted = read_files(folder), calendar_files(files)
    if wanted == calendar_files(present):
        raise Conflict("和在用的日历完全一样，不必发布。", code="same_calendar")
    _keep_baseline(session, present)
    changes = bring_in(session, wanted, by=by, reason=reason)
    session.add(_row(files, reason, by))
    session.flush()
    try:
        for name, text in files.items():
            put(folder / name, text)
        for name in present.keys() - files.keys():
            (folder / name).unlink()
    except OSError as error:
        raise Unavailable(f"日历文件夹 {folder} 不能写（{error.strerror}），日历没有换。请检查权限后重试。") from None
    return changes


def _keep_baseline(session: Session, present: Files) -> None:
    """What is in use can be put back, also when it came another way."""
    last = history(session, limit=1)
    if not last or last[0].files != present:
        session.add(_row(present, BASELINE, SYSTEM))
        session.flush()


def _row(files: Files, reason: str, by: Actor) -> CalendarPublication:
    return CalendarPublication(at=now(), author_id=by.user_id, author_name=by.name, reason=reason, files=dict(files))


def _own_file(files: Files, unit_id: str) -> str:
    """Where a unit's own days stand: in the file that speaks of it alone."""
    if not unit_id:
        return LOCAL
    areas = (name for name in files if name.startswith(AREA_PREFIX))
    own = (name for name in areas if calendar_file(name, files[name]).units == [unit_id])
    return next(own, f"{AREA_PREFIX}{unit_id}.yaml")


def _empty(unit_id: str) -> CalendarFile:
    return CalendarFile(units=[unit_id] if unit_id else [], source=OWN, days={})
