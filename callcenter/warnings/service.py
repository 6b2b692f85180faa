"""Warnings as rows: raised once, taken note of by their reader, closed with a result."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.accounts.models import User
from callcenter.core import audit, bus
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.core.security import ROLE_NAMES, SYSTEM, Actor, Permission, Role, require
from callcenter.messages import service as messages
from callcenter.messages.models import Channel
from callcenter.warnings.city import Reader
from callcenter.warnings.looking import Finding
from callcenter.warnings.models import RESULT_NAMES, Warned, WarningKind, WarningResult, WarningState

STILL_THE_SAME = timedelta(days=7)
"""A burst that goes on the next days is the same warning while it is open."""
UNREAD = timedelta(hours=24)


def raise_(session: Session, *, finding: Finding, readers: Sequence[Reader]) -> Warned | None:
    """A new warning with its reader; of one that is known, only the numbers grow. None: nothing new."""
    known = _known(session, finding)
    if known is not None:
        if known.state is not WarningState.CLOSED and len(finding.tickets) > len(known.tickets):
            known.text, known.facts, known.tickets = finding.text, finding.facts, list(finding.tickets)
            _changed(session, known)
        return None
    reader = next(reader for reader in readers if reader.fits(finding.kind, finding.topic, finding.town))
    person = _person(session, reader.username)
    warned = Warned(
        key=finding.key,
        kind=finding.kind,
        level=finding.level,
        topic=finding.topic,
        town=finding.town,
        title=finding.title,
        text=finding.text,
        facts=finding.facts,
        tickets=list(finding.tickets),
        day=finding.day,
        raised_at=now(),
        reader_id=person.id if person else None,
        reader_name=person.name if person else ROLE_NAMES[reader.role],
        reader_role=str(reader.role),
    )
    session.add(warned)
    session.flush()
    audit.record(session, SYSTEM, "warning.raise", _subject(warned), details={"key": warned.key})
    _tell(session, warned, "raised", f"预警（{warned.level}）：{warned.title}")
    bus.publish(session, "warnings", "warning.raised", {"id": warned.id})
    return warned


def acknowledge(session: Session, *, warning_id: int, by: Actor) -> Warned:
    """The reader has taken note; again changes nothing."""
    require(by, Permission.WARNING_HANDLE)
    warned = _mine(session, warning_id, by)
    if warned.state is WarningState.NEW:
        warned.state, warned.acknowledged_at, warned.acknowledged_by = WarningState.ACKNOWLEDGED, now(), by.user_id
        audit.record(session, by, "warning.acknowledge", _subject(warned))
        _changed(session, warned)
    return warned


def close(session: Session, *, warning_id: int, result: WarningResult, text: str, by: Actor) -> Warned:
    """Say what came of it; once."""
    require(by, Permission.WARNING_HANDLE)
    warned = _mine(session, warning_id, by)
    if warned.state is WarningState.CLOSED:
        raise Conflict("这条预警已经办结，请刷新后查看结果。", code="warning_closed")
    if not text.strip():
        raise Invalid("请写明处置情况。")
    at = now()
    if warned.acknowledged_at is None:
        warned.acknowledged_at, warned.acknowledged_by = at, by.user_id
    warned.state, warned.result, warned.result_text = WarningState.CLOSED, result, text.strip()
    warned.closed_at, warned.closed_by = at, by.user_id
    details = {"result": RESULT_NAMES[result]}
    audit.record(session, by, "warning.close", _subject(warned), reason=warned.result_text, details=details)
    _changed(session, warned)
    return warned


def hand_over(session: Session, *, warning_id: int, username: str, by: Actor) -> Warned:
    """Name another reader, who may handle warnings."""
    require(by, Permission.WARNING_HANDLE)
    warned = _mine(session, warning_id, by)
    if warned.state is WarningState.CLOSED:
        raise Conflict("这条预警已经办结，不用再换人。", code="warning_closed")
    person = _person(session, username)
    if person is None or not person.as_actor().may(Permission.WARNING_HANDLE):
        raise Invalid(f"“{username}”不存在、已停用或不能处理预警，请另选一人。")
    warned.reader_id, warned.reader_name = person.id, person.name
    warned.state, warned.acknowledged_at, warned.acknowledged_by = WarningState.NEW, None, None
    audit.record(session, by, "warning.hand_over", _subject(warned), details={"to": username})
    _tell(session, warned, f"to:{person.id}", f"预警转给{person.name}：{warned.title}")
    _changed(session, warned)
    return warned


def remind(session: Session) -> int:
    """Warnings nobody took note of for a day are said to the supervisors, once."""
    chosen = select(Warned).where(Warned.state == WarningState.NEW, Warned.raised_at <= now() - UNREAD)
    late = session.scalars(chosen.order_by(Warned.id).limit(200)).all()
    for warned in late:
        _tell(session, warned, "unread", f"预警一天未阅：{warned.title}", role=Role.SUPERVISOR)
    return len(late)


def page(
    session: Session,
    *,
    by: Actor,
    state: WarningState | None = None,
    kind: WarningKind | None = None,
    before: int | None = None,
    limit: int = 50,
) -> Sequence[Warned]:
    """Newest first."""
    require(by, Permission.WARNING_HANDLE)
    chosen = select(Warned)
    if state is not None:
        chosen = chosen.where(Warned.state == state)
    if kind is not None:
        chosen = chosen.where(Warned.kind == kind)
    if before is not None:
        chosen = chosen.where(Warned.id < before)
    return session.scalars(chosen.order_by(Warned.id.desc()).limit(limit)).all()


def _known(session: Session, finding: Finding) -> Warned | None:
    known = session.scalar(select(Warned).where(Warned.key == finding.key).with_for_update())
    if known is not None or finding.kind is not WarningKind.BURST:
        return known
    return session.scalar(
        select(Warned)
        .where(
            Warned.kind == finding.kind,
            Warned.topic == finding.topic,
            Warned.town == finding.town,
            Warned.state != WarningState.CLOSED,
            Warned.day >= finding.day - STILL_THE_SAME,
        )
        .order_by(Warned.id.desc())
        .limit(1)
        .with_for_update()
    )


def _mine(session: Session, warning_id: int, by: Actor) -> Warned:
    """Its reader handles it; a supervisor may stand in."""
    warned = session.get(Warned, warning_id, with_for_update=True)
    if warned is None:
        raise NotFound("没有这条预警，请刷新列表。", code="warning_not_found")
    stands_in = bool({Role.SUPERVISOR, Role.ADMIN, Role.SYSTEM} & by.roles)
    is_reader = warned.reader_id == by.user_id if warned.reader_id else warned.reader_role in by.roles
    if not is_reader and not stands_in:
        raise Forbidden(f"这条预警由{warned.reader_name}处理，如需接手请联系班长。", code="not_the_reader")
    return warned


def _person(session: Session, username: str) -> User | None:
    if not username:
        return None
    return session.scalar(select(User).where(User.username == username, User.is_active))


def _tell(session: Session, warned: Warned, what: str, title: str, role: str | None = None) -> None:
    messages.say(
        session,
        key=f"warning:{warned.id}:{what}",
        channel=Channel.IN_APP,
        subject=_subject(warned),
        title=title,
        text=f"{warned.text}阅读人：{warned.reader_name}。",
        role=role or warned.reader_role,
    )


def _changed(session: Session, warned: Warned) -> None:
    session.flush()
    bus.publish(session, "warnings", "warning.changed", {"id": warned.id})


def _subject(warned: Warned) -> str:
    return f"warning:{warned.id}"
