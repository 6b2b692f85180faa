"""Putting rule sets in force: checked, with author, reason and day, every file kept so that it can be put back."""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import audit, bus
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Invalid, NotFound, Unavailable
from callcenter.core.files import CITY_CHECKS, put
from callcenter.core.security import SYSTEM, Actor, Permission, require
from callcenter.directory import service as directory
from callcenter.routing.documents import Problem, RuleSetError
from callcenter.routing.loader import RuleSet, folder_hash, load, rule_files
from callcenter.routing.models import RulePublication

Files = Mapping[str, str]
MOST_FILES = 200
BASELINE = "发布前在用的规则"
_RULE_FILE = re.compile(r"dispatch/(\w[\w-]{0,60}/){0,3}\w[\w-]{0,60}\.yaml|city/\w[\w-]{0,60}\.tsv")
_SHOWN_PROBLEMS = 5
CITY = "city"
_TABLE_LINE = re.compile(r"(?P<file>\w+\.tsv)(?: ?第 ?(?P<line>\d+) ?行)?")


def read_files(folder: Path) -> dict[str, str]:
    """The files of a rules folder by their names inside it."""
    try:
        return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in rule_files(folder)}
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"规则文件夹 {folder} 读不了（{error}），请检查路径和编码。") from None


def compile_files(files: Files) -> RuleSet:
    """A good set, compiled; Invalid names the faults of a bad one."""
    try:
        return checked(files)
    except RuleSetError as error:
        shown = "；".join(str(problem) for problem in error.problems[:_SHOWN_PROBLEMS])
        raise Invalid(f"规则有 {len(error.problems)} 处问题，没有采用：{shown}") from None


def checked(files: Files) -> RuleSet:
    """A good set, compiled: rules with their examples, and what every domain asks of the city's tables.

    RuleSetError holds all faults that were found, each with file and line.
    """
    if not files or len(files) > MOST_FILES:
        raise Invalid(f"规则文件应有 1 到 {MOST_FILES} 个。")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder, files)
        problems = _city_problems(folder / CITY)
        try:
            rules = load(folder)
        except RuleSetError as error:
            problems += [replace(problem, file=problem.file.removeprefix(f"{name}/")) for problem in error.problems]
        if problems:
            raise RuleSetError(problems)
        return rules


def _city_problems(city: Path) -> list[Problem]:
    problems = []
    for check in CITY_CHECKS:
        try:
            check(city)
        except Invalid as error:
            named = _TABLE_LINE.search(error.message)
            file, line = (f"{CITY}/{named['file']}", int(named["line"] or 0)) if named else (CITY, 0)
            problems.append(Problem(file, line, error.message))
    return problems


def publish(
    session: Session, *, files: Files, folder: Path, reason: str, effective_at: datetime | None = None, by: Actor
) -> RulePublication:
    """Keep a checked set for its day, or put it in force at once. `folder` holds the files in use."""
    require(by, Permission.RULES_PUBLISH)
    if not reason.strip():
        raise Invalid("请写明发布理由，以便以后查对。")
    version = compile_files(files).version
    if version == folder_hash(folder) and effective_at is None:
        raise Conflict("这套规则和在用的完全一样，不必发布。", code="same_rules")
    _keep_baseline(session, folder)
    row = _row(files, version, reason.strip(), effective_at or now(), by)
    session.add(row)
    session.flush()
    _said(session, row, "rules.publish", by, row.reason)
    if row.effective_at <= now():
        _apply(session, row, folder)
    return row


def roll_back(session: Session, *, publication_id: int, folder: Path, reason: str, by: Actor) -> RulePublication:
    """Put an earlier set back in force at once, as a publication of its own."""
    require(by, Permission.RULES_PUBLISH)
    if not reason.strip():
        raise Invalid("请写明退回理由，以便以后查对。")
    earlier = find(session, publication_id, lock=True)
    if earlier.applied_at is None:
        raise Conflict("这次发布还没有生效过，不能退回到它。", code="never_in_force")
    if earlier.version == folder_hash(folder):
        raise Conflict("在用的就是这套规则，不必退回。", code="same_rules")
    version = compile_files(earlier.files).version
    row = _row(earlier.files, version, reason.strip(), now(), by)
    row.restores_id = earlier.id
    session.add(row)
    session.flush()
    _said(session, row, "rules.roll_back", by, row.reason)
    _apply(session, row, folder)
    return row


def cancel(session: Session, *, publication_id: int, by: Actor) -> RulePublication:
    """Give up a publication whose day has not come."""
    require(by, Permission.RULES_PUBLISH)
    row = find(session, publication_id, lock=True)
    if row.applied_at is not None or row.cancelled_at is not None:
        raise Conflict("这次发布已经生效或已经取消，请刷新后查看。", code="publication_over")
    row.cancelled_at = now()
    _said(session, row, "rules.cancel", by, "")
    return row


def apply_due(session: Session, *, folder: Path) -> int:
    """Put what has come to its day in force, in order; says how many."""
    due = select(RulePublication).where(
        RulePublication.applied_at.is_(None),
        RulePublication.cancelled_at.is_(None),
        RulePublication.effective_at <= now(),
    )
    rows = session.scalars(due.order_by(RulePublication.effective_at, RulePublication.id).with_for_update()).all()
    for row in rows:
        _apply(session, row, folder)
    return len(rows)


def history(session: Session, *, before: int | None = None, limit: int = 50) -> list[RulePublication]:
    """Newest first."""
    chosen = select(RulePublication)
    if before is not None:
        chosen = chosen.where(RulePublication.id < before)
    return list(session.scalars(chosen.order_by(RulePublication.id.desc()).limit(limit)))


def in_force(session: Session, *, version: str) -> RulePublication | None:
    """The publication that put this version in force last; None: it was never published."""
    applied = select(RulePublication).where(RulePublication.version == version, RulePublication.applied_at.is_not(None))
    return session.scalars(applied.order_by(RulePublication.applied_at.desc()).limit(1)).first()


def find(session: Session, publication_id: int, *, lock: bool = False) -> RulePublication:
    """The publication with this number."""
    row = session.get(RulePublication, publication_id, with_for_update=lock)
    if row is None:
        raise NotFound(f"没有编号为 {publication_id} 的发布记录，请核对编号。")
    return row


def _row(files: Files, version: str, reason: str, effective_at: datetime, by: Actor) -> RulePublication:
    return RulePublication(
        version=version,
        at=now(),
        author_id=by.user_id,
        author_name=by.name,
        reason=reason,
        effective_at=effective_at,
        files=dict(files),
    )


def _keep_baseline(session: Session, folder: Path) -> None:
    """What is in use can be put back, even when nobody had published it."""
    version = folder_hash(folder)
    kept = select(RulePublication.id).where(RulePublication.version == version, RulePublication.applied_at.is_not(None))
    if session.scalar(kept.limit(1)) is None:
        row = _row(read_files(folder), version, BASELINE, now(), SYSTEM)
        row.applied_at = now()
        session.add(row)
        session.flush()


def _apply(session: Session, row: RulePublication, folder: Path) -> None:
    """The files in use become those of the publication; every process takes them in within a second."""
    try:
        _write(folder, row.files)
        for path in rule_files(folder):
            if str(path.relative_to(folder)) not in row.files:
                path.unlink()
    except OSError as error:
        raise Unavailable(f"规则文件夹 {folder} 不能写（{error.strerror}），规则没有换。请检查权限后重试。") from None
    row.applied_at = now()
    directory.import_city(session, folder=folder / CITY)
    session.flush()
    bus.publish(session, "rules", "rules.published", {"version": row.version, "id": row.id})


def _write(folder: Path, files: Files) -> None:
    for name, text in files.items():
        put(_inside(folder, name), text)


def _inside(folder: Path, name: str) -> Path:
    """Only rule and city files, never a way out of the folder."""
    if not _RULE_FILE.fullmatch(name):
        raise Invalid(f"“{name[:60]}”不是规则文件：应在 dispatch/ 下以 .yaml 结尾，或在 city/ 下以 .tsv 结尾。")
    return folder / name


def _said(session: Session, row: RulePublication, action: str, by: Actor, reason: str) -> None:
    audit.record(session, by, action, f"rules:{row.version}", reason=reason, details={"publication": row.id})
