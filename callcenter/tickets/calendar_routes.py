"""HTTP: the working-day calendar: a year in force, edits with what they would move, history, and dates that moved."""

from itertools import pairwise
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, UploadFile
from pydantic import ValidationError

from callcenter.accounts.web import permitted
from callcenter.core.errors import Invalid, NotFound, TooLarge
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.core.work import send_after_commit
from callcenter.directory import service as directory
from callcenter.settings import get_settings
from callcenter.tickets import moves
from callcenter.tickets.calendar_schemas import (
    CalendarChangeOut,
    CalendarEditIn,
    CalendarForeseenOut,
    CalendarNotice,
    CalendarPublishedOut,
    CalendarPublishIn,
    CalendarTakeBackIn,
    CalendarYearOut,
    DayChangeOut,
    DayOut,
    DeadlineMoveOut,
    DeadlineMovePageOut,
    Year,
)
from callcenter.tickets.jobs import calendar_changed
from callcenter.workdays import publishing
from callcenter.workdays import service as workdays
from callcenter.workdays.files import LOCAL, calendar_file, calendar_files, read_files
from callcenter.workdays.published import year_file
from callcenter.workdays.publishing import edited, version_of
from callcenter.workdays.sheet import read_year

router = APIRouter(prefix="/api/calendar", tags=["tickets"])

Reader = Annotated[Actor, Depends(permitted(Permission.TICKET_READ))]
Admin = Annotated[Actor, Depends(permitted(Permission.ADMIN))]
Id = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
YearPath = Annotated[Year, Path()]
LARGEST_FILE = 1_000_000
LOOKED_BACK = 50


@router.get("/years/{year}")
def calendar_year(_user: Reader, session: ReadingDep, year: YearPath) -> CalendarYearOut:
    """The days that differ from the plain week, in the city and in single areas."""
    files = read_files(get_settings().calendar_dir)
    own = calendar_file(LOCAL, files[LOCAL]).days if LOCAL in files else {}
    names = directory.names(session)
    city, areas = workdays.days_of(session, year)
    days = [
        DayOut(
            day=row.day,
            kind=row.kind,
            note=row.note,
            source=row.source,
            unit_id="",
            unit_name="",
            is_own=row.day in own,
        )
        for row in city
    ]
    days += [
        DayOut(
            day=row.day,
            kind=row.kind,
            note=row.note,
            source=row.source,
            unit_id=row.unit_id,
            unit_name=names.get(row.unit_id, row.unit_id),
            is_own=True,
        )
        for row in areas
    ]
    years = {row.year: row for row in workdays.years(session)}
    notice = years.get(year)
    return CalendarYearOut(
        year=year,
        notice=notice.source if notice else None,
        imported_at=notice.imported_at if notice else None,
        noticed_years=sorted(years),
        days=days,
        version=version_of(files),
    )


@router.get("/notices/{year}")
def published_notice(_user: Admin, year: YearPath) -> CalendarNotice:
    """The State Council's notice as the program's own library knows it, to be compared with the notice itself."""
    try:
        text = year_file(year)
    except NotImplementedError:
        raise NotFound(
            f"程序里还没有{year}年的放假安排。请照国务院办公厅通知填表导入，或等程序更新。", code="notice_unknown"
        ) from None
    return CalendarNotice.of(calendar_file(f"{year}.yaml", text))


@router.post("/read-file")
def read_notice(_user: Admin, file: UploadFile) -> CalendarNotice:
    """A year's file or sheet, to be looked at before anything takes effect."""
    content = file.file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise TooLarge("文件超过 1 MB，不像是一年的放假安排。")
    found = read_year(content, name=file.filename or "日历")
    try:
        return CalendarNotice.of(found)
    except ValidationError:
        raise Invalid("文件里的年份、依据或天数不像一年的放假安排，请检查后再导入。") from None


@router.post("/foresee")
def foresee(_user: Admin, session: ReadingDep, body: CalendarEditIn) -> CalendarForeseenOut:
    """The days an edit would change and the running deadlines it would move; nothing is kept."""
    names = directory.names(session)
    files = edited(read_files(get_settings().calendar_dir), body.edit())
    return CalendarForeseenOut.of(moves.foresee(session, calendar_files(files)), names)


@router.post("/publications", status_code=201)
def publish(user: Admin, session: SessionDep, body: CalendarPublishIn) -> CalendarPublishedOut:
    """In force at once; running deadlines follow in the background, each move kept with its reason."""
    for own in body.days:
        if own.unit_id:
            directory.unit(session, unit_id=own.unit_id)
    changes = publishing.publish(
        session,
        edit=body.edit(),
        folder=get_settings().calendar_dir,
        version=body.version,
        reason=body.reason,
        by=user,
    )
    send_after_commit(session, calendar_changed)
    names = directory.names(session)
    return CalendarPublishedOut(changes=[DayChangeOut.of(change, names) for change in changes])


@router.get("/publications")
def history(_user: Reader, session: ReadingDep) -> list[CalendarChangeOut]:
    """Newest first."""
    names = directory.names(session)
    rows = publishing.history(session, limit=LOOKED_BACK + 1)
    states = [calendar_files(row.files) for row in rows]
    # The oldest one is what was there before.
    changes = [workdays.difference(before, after) for after, before in pairwise(states)] + [[]]
    return [
        CalendarChangeOut(
            id=row.id,
            at=row.at,
            author_name=row.author_name,
            reason=row.reason,
            changes=[DayChangeOut.of(change, names) for change in told],
            can_take_back=row is not rows[-1],
        )
        for row, told in zip(rows, changes, strict=False)
    ][:LOOKED_BACK]


@router.post("/publications/{publication_id}/take-back", status_code=201)
def take_back(user: Admin, session: SessionDep, publication_id: int, body: CalendarTakeBackIn) -> CalendarPublishedOut:
    """The whole calendar as it was before that change."""
    changes = publishing.take_back(
        session, publication_id=publication_id, folder=get_settings().calendar_dir, reason=body.reason, by=user
    )
    send_after_commit(session, calendar_changed)
    names = directory.names(session)
    return CalendarPublishedOut(changes=[DayChangeOut.of(change, names) for change in changes])


@router.get("/moves")
def deadline_moves(
    user: Reader,
    session: ReadingDep,
    ticket_id: Id = None,
    before: Id = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DeadlineMovePageOut:
    """Newest first; each within what the user may see."""
    found = moves.page(session, by=user, ticket_id=ticket_id, before=before, limit=limit)
    following = found[-1].id if len(found) == limit else None
    return DeadlineMovePageOut(items=[DeadlineMoveOut.of(move) for move in found], next=following)
