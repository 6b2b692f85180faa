"""HTTP: score sheets and what is behind them, comparisons, points given, objections, statements, fact sheets."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query
from pydantic import AwareDatetime

from callcenter.accounts.web import permitted
from callcenter.appraisal import factsheet, objections, service, statements
from callcenter.appraisal.case_schemas import (
    ObjectionIn,
    ObjectionOut,
    ObjectionsOut,
    RulingIn,
    StatementIn,
    StatementOut,
)
from callcenter.appraisal.models import ObjectionState
from callcenter.appraisal.schemas import (
    ChangeOut,
    FactSheetOut,
    PointsIn,
    PointsOut,
    ReasonIn,
    ResultOut,
    SchemeOut,
    SheetOut,
)
from callcenter.appraisal.service import Span
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.reports.routes import Part, keys_of
from callcenter.reports.schemas import BehindOut
from callcenter.tickets.schemas import Key

router = APIRouter(prefix="/api/appraisal", tags=["appraisal"])

Reader = Annotated[Actor, Depends(permitted(Permission.APPRAISAL_READ))]
Judge = Annotated[Actor, Depends(permitted(Permission.APPRAISAL_RULE))]
Signer = Annotated[Actor, Depends(permitted(Permission.APPRAISAL_SIGN))]
Since = Annotated[AwareDatetime, Query()]
Id = Annotated[Key, Path()]
Code = Annotated[str, Path(max_length=40)]
IdempotencyKey = Annotated[str | None, Header(min_length=8, max_length=100)]


@router.get("/schemes")
def schemes(_user: Reader) -> list[SchemeOut]:
    """The city's schemes, as their files are now."""
    return [SchemeOut.of(scheme) for scheme in service.schemes()]


@router.get("/schemes/{code}/sheets")
def sheets(user: Reader, session: ReadingDep, code: Code, since: Since, until: Since) -> ResultOut:
    """Score sheets of [since, until) by group and rank; a unit gets its own."""
    scheme = service.scheme(code)
    found = service.run(session, scheme=scheme, span=Span(since, until), by=user)
    shown = [SheetOut.of(sheet) for sheet in found]
    return ResultOut(scheme=SchemeOut.of(scheme), since=since, until=until, sheets=shown)


@router.get("/schemes/{code}/compare")
def compare(
    user: Judge,
    session: ReadingDep,
    code: Code,
    since: Since,
    until: Since,
    with_code: Annotated[str, Query(max_length=40)],
    with_since: Annotated[datetime | None, Query(description="不写则同一时段")] = None,
    with_until: Annotated[datetime | None, Query()] = None,
) -> list[ChangeOut]:
    """What the scheme `with_code`, or another period, makes of every unit."""
    before = (service.scheme(code), Span(since, until))
    after = (service.scheme(with_code), Span(with_since or since, with_until or until))
    return [ChangeOut.of(change) for change in service.simulate(session, before=before, after=after, by=user)]


@router.get("/units/{unit_id}/behind/{figure}")
def behind(
    *,
    user: Reader,
    session: ReadingDep,
    unit_id: Code,
    figure: Code,
    since: Since,
    until: Since,
    part: Annotated[Part, Query()] = Part.MISSING,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> BehindOut:
    """The tickets of one part of a figure, as it counts in the unit's sheets."""
    counted = service.figure_of_unit(session, unit_id=unit_id, code=figure, span=Span(since, until), by=user)
    keys = keys_of(counted, part)
    return BehindOut(about=counted.about, total=len(keys), keys=list(keys[offset : offset + limit]))


@router.get("/units/{unit_id}/facts")
def facts(user: Reader, session: ReadingDep, unit_id: Code, since: Since, until: Since) -> FactSheetOut:
    """The fact sheet of a unit."""
    return FactSheetOut.of(factsheet.of_unit(session, unit_id=unit_id, span=Span(since, until), by=user))


@router.post("/schemes/{code}/points", status_code=201)
def give_points(
    user: Judge, session: SessionDep, code: Code, body: PointsIn, idempotency_key: IdempotencyKey = None
) -> PointsOut:
    """Add points for a unit or take some off, with a reason."""
    said = body.model_dump()
    return PointsOut.of(service.give_points(session, scheme=service.scheme(code), **said, by=user, key=idempotency_key))


@router.get("/schemes/{code}/points")
def points(user: Reader, session: ReadingDep, code: Code, since: Since, until: Since) -> list[PointsOut]:
    """Points given that count in the period."""
    found = service.points_given(session, scheme=code, span=Span(since, until), by=user)
    return [PointsOut.of(given) for given in found]


@router.post("/points/{given_id}/revoke")
def revoke_points(user: Judge, session: SessionDep, given_id: Id, body: ReasonIn) -> PointsOut:
    """Take points back; once."""
    return PointsOut.of(service.revoke_points(session, given_id=given_id, reason=body.reason, by=user))


@router.post("/objections", status_code=201)
def object_to(
    user: Reader, session: SessionDep, body: ObjectionIn, idempotency_key: IdempotencyKey = None
) -> ObjectionOut:
    """A unit objects to tickets that count in one of its figures."""
    filed = objections.file(
        session,
        unit_id=body.unit_id,
        figure=body.figure,
        tickets=body.tickets,
        reason=body.reason,
        span=Span(body.since, body.until),
        by=user,
        key=idempotency_key,
    )
    return ObjectionOut.of(filed)


@router.get("/objections")
def read_objections(
    user: Reader,
    session: ReadingDep,
    state: Annotated[ObjectionState | None, Query()] = None,
    before: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ObjectionsOut:
    """Newest first; a unit sees its own."""
    found = objections.page(session, by=user, state=state, before=before, limit=limit)
    following = found[-1].id if len(found) == limit else None
    return ObjectionsOut(objections=[ObjectionOut.of(objection) for objection in found], next=following)


@router.post("/objections/{objection_id}/rule")
def rule(user: Judge, session: SessionDep, objection_id: Id, body: RulingIn) -> ObjectionOut:
    """Decide on an objection; once."""
    ruled = objections.rule(session, objection_id=objection_id, granted=body.granted, ruling=body.ruling, by=user)
    return ObjectionOut.of(ruled)


@router.post("/objections/{objection_id}/withdraw")
def withdraw(user: Reader, session: SessionDep, objection_id: Id) -> ObjectionOut:
    """The unit takes its objection back."""
    return ObjectionOut.of(objections.withdraw(session, objection_id=objection_id, by=user))


@router.put("/statements")
def write_statement(user: Judge, session: SessionDep, body: StatementIn) -> StatementOut:
    """Draw up the statement of a unit and year, or change it while nobody has signed."""
    targets = [target.target() for target in body.targets]
    said = {"year": body.year, "unit_id": body.unit_id, "text": body.text}
    return StatementOut.of(statements.write(session, **said, targets=targets, by=user))  # type: ignore[arg-type]


@router.get("/statements")
def read_statements(
    user: Reader, session: ReadingDep, year: Annotated[int, Query(ge=2000, le=2100)]
) -> list[StatementOut]:
    """Statements of a year with their targets beside what was reached; a unit sees its own."""
    found = statements.of_year(session, year=year, by=user)
    reached = statements.progress(session, statements=found)
    return [StatementOut.of(statement, reached[statement.id]) for statement in found]


@router.post("/statements/{statement_id}/sign")
def sign(user: Signer, session: SessionDep, statement_id: Id) -> StatementOut:
    """Sign for one's side; once."""
    return StatementOut.of(statements.sign(session, statement_id=statement_id, by=user))
