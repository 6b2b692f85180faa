"""Score sheets of a period, with upheld objections and points given taken into account; what another scheme changes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.appraisal.models import Objection, ObjectionState, PointsGiven
from callcenter.appraisal.scheme import FOLDER, Scheme, load, one, unit_kinds
from callcenter.appraisal.scoring import Adjustment, Change, Sheet, compare, sheets
from callcenter.core import audit, bus
from callcenter.core.clock import local, now
from callcenter.core.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.core.security import SYSTEM, Actor, Permission, Role, require
from callcenter.directory import service as directory
from callcenter.directory.models import Unit
from callcenter.reports import kept
from callcenter.reports.metrics import Figures
from callcenter.reports.rate import Counted
from callcenter.settings import get_settings

UPHELD = "异议成立"
_GRANTING = (ObjectionState.GRANTED, ObjectionState.PARTLY)


@dataclass(frozen=True)
class Span:
    """The period units are appraised for: [since, until)."""

    since: datetime
    until: datetime


def schemes() -> list[Scheme]:
    settings = get_settings()
    return list(load(settings.rules_dir / FOLDER, unit_kinds(settings.city_dir)).values())


def scheme(code: str) -> Scheme:
    settings = get_settings()
    return one(settings.rules_dir / FOLDER, unit_kinds(settings.city_dir), code)


def run(session: Session, *, scheme: Scheme, span: Span, by: Actor) -> list[Sheet]:
    """The sheets of all units of the scheme; a unit sees its own only, with its rank among the others."""
    require(by, Permission.APPRAISAL_READ)
    units = list(session.scalars(select(Unit).where(Unit.is_active).order_by(Unit.id)))
    found = sheets(scheme, units, figures(session, span=span), _points(session, scheme, span))
    return [sheet for sheet in found if by.unit_id == sheet.unit_id] if is_unit(by) else found


def simulate(session: Session, *, before: tuple[Scheme, Span], after: tuple[Scheme, Span], by: Actor) -> list[Change]:
    """What another scheme, version or period makes of every unit."""
    return compare(
        run(session, scheme=before[0], span=before[1], by=by), run(session, scheme=after[0], span=after[1], by=by)
    )


def figures(session: Session, *, span: Span) -> dict[str, Figures]:
    """Figures by unit, without the tickets of upheld objections."""
    found = dict(kept.figures(session, since=span.since, until=span.until, by="unit"))
    upheld: dict[tuple[str, str], list[str]] = defaultdict(list)
    for objection in session.scalars(select(Objection).where(Objection.state.in_(_GRANTING))):
        upheld[objection.unit_id, objection.figure] += objection.granted
    for (unit_id, code), tickets in upheld.items():
        if unit_id in found:
            rates = [r.without(tickets, UPHELD) if r.code == code else r for r in found[unit_id].rates]
            found[unit_id] = replace(found[unit_id], rates=rates)
    return found


def figure_of_unit(session: Session, *, unit_id: str, code: str, span: Span, by: Actor) -> Counted:
    """One figure of one unit as it counts in a sheet."""
    require(by, Permission.APPRAISAL_READ)
    own_or_all(by, unit_id)
    directory.unit(session, unit_id=unit_id)
    found = figures(session, span=span).get(unit_id, Figures([], [])).rate(code)
    if found is None:
        raise NotFound("这个单位在这段时间没有这项指标的数据，请核对单位、指标和时间。", code="figure_not_found")
    return found


def give_points(
    session: Session,
    *,
    scheme: Scheme,
    unit_id: str,
    points: float,
    reason: str,
    by: Actor,
    key: str | None = None,
    day: date | None = None,
) -> PointsGiven:
    """Add points for a unit, or take some off, with a reason; the same key again returns the same entry."""
    require(by, Permission.APPRAISAL_RULE)
    if key and (made := session.scalar(select(PointsGiven).where(PointsGiven.idempotency_key == key))):
        return made
    unit = directory.unit(session, unit_id=unit_id)
    if scheme.group_of(unit) is None:
        raise Invalid(f"{unit.name}不在“{scheme.name}”的考核范围里，不能加减分。")
    if not points or abs(points) > scheme.full:
        raise Invalid(f"加减分不能为 0，也不能超过满分 {scheme.full:g} 分。")
    if not reason.strip():
        raise Invalid("加减分请写明理由。")
    given = PointsGiven(
        scheme=scheme.code,
        unit_id=unit_id,
        day=day or local(now()).date(),
        points=points,
        reason=reason.strip(),
        given_at=now(),
        given_by=by.user_id,
        idempotency_key=key,
    )
    session.add(given)
    session.flush()
    details = {"scheme": scheme.code, "points": points}
    audit.record(session, by, "appraisal.give_points", f"unit:{unit_id}", reason=given.reason, details=details)
    bus.publish(session, "appraisal", "appraisal.changed", {"unit": unit_id})
    return given


def revoke_points(session: Session, *, given_id: int, reason: str, by: Actor) -> PointsGiven:
    """Take back points that were given; once."""
    require(by, Permission.APPRAISAL_RULE)
    given = session.get(PointsGiven, given_id, with_for_update=True)
    if given is None:
        raise NotFound("没有这条加减分，请刷新列表。", code="points_not_found")
    if given.revoked_at is not None:
        raise Conflict("这条加减分已经撤销过，请刷新后查看。", code="already_revoked")
    if not reason.strip():
        raise Invalid("撤销加减分请写明理由。")
    given.revoked_at = now()
    audit.record(session, by, "appraisal.revoke_points", f"unit:{given.unit_id}", reason=reason.strip())
    bus.publish(session, "appraisal", "appraisal.changed", {"unit": given.unit_id})
    return given


def points_given(session: Session, *, scheme: str, span: Span, by: Actor) -> Sequence[PointsGiven]:
    """Those that count in the period, oldest first."""
    require(by, Permission.APPRAISAL_READ)
    chosen = select(PointsGiven).where(
        PointsGiven.scheme == scheme,
        PointsGiven.day >= local(span.since).date(),
        PointsGiven.day <= local(span.until - timedelta(microseconds=1)).date(),
        PointsGiven.revoked_at.is_(None),
    )
    if is_unit(by):
        chosen = chosen.where(PointsGiven.unit_id == by.unit_id)
    return session.scalars(chosen.order_by(PointsGiven.id)).all()


def is_unit(by: Actor) -> bool:
    """Whether the user sees one unit's part only."""
    return by.roles == {Role.DEPARTMENT}


def own_or_all(by: Actor, unit_id: str) -> None:
    if is_unit(by) and by.unit_id != unit_id:
        raise Forbidden("您只能查看、办理本单位的考核，请选择本单位。", code="other_unit")


def _points(session: Session, scheme: Scheme, span: Span) -> dict[str, list[Adjustment]]:
    found: dict[str, list[Adjustment]] = defaultdict(list)
    for given in points_given(session, scheme=scheme.code, span=span, by=SYSTEM):
        found[given.unit_id].append(Adjustment(given.points, given.reason))
    return found
