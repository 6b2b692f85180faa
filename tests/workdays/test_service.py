"""The day table on both databases: import, import again, a year's notice arriving, a bad file."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core.audit import AuditEntry
from callcenter.core.errors import Forbidden, Invalid
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.settings import PROJECT_ROOT
from callcenter.workdays.arithmetic import DayKind
from callcenter.workdays.files import load_calendar
from callcenter.workdays.service import DayChange, calendar_of, import_calendar

pytestmark = pytest.mark.db

FOLDER = PROJECT_ROOT / "routing_rules" / "calendar"


def test_table_says_what_the_files_say(session: Session) -> None:
    changes = import_calendar(session, folder=FOLDER, by=SYSTEM)
    assert calendar_of(session) == load_calendar(FOLDER)
    assert calendar_of(session).version == load_calendar(FOLDER).version
    assert DayChange(date(2026, 10, 10), None, DayKind.MAKEUP) in changes


def test_importing_again_changes_and_records_nothing(session: Session) -> None:
    import_calendar(session, folder=FOLDER, by=SYSTEM)
    assert import_calendar(session, folder=FOLDER, by=SYSTEM) == []
    assert len(session.scalars(select(AuditEntry).where(AuditEntry.action == "calendar.import")).all()) == 1


def test_notice_of_the_next_year_replaces_the_statutory_days(session: Session, tmp_path: Path) -> None:
    (tmp_path / "statutory.yaml").write_text("source: 办法\ndays:\n  2027-02-05: {kind: holiday}\n")
    import_calendar(session, folder=tmp_path, by=SYSTEM)
    assert calendar_of(session).years == frozenset()
    (tmp_path / "2027.yaml").write_text("year: 2027\nsource: 通知\ndays:\n  2027-02-20: {kind: makeup}\n")
    assert import_calendar(session, folder=tmp_path, by=SYSTEM) == [
        DayChange(date(2027, 2, 5), DayKind.HOLIDAY, None),
        DayChange(date(2027, 2, 20), None, DayKind.MAKEUP),
    ]
    assert calendar_of(session).days == {date(2027, 2, 20): DayKind.MAKEUP}
    assert calendar_of(session).years == {2027}


def test_bad_file_changes_nothing(session: Session, tmp_path: Path) -> None:
    import_calendar(session, folder=FOLDER, by=SYSTEM)
    (tmp_path / "2027.yaml").write_text("year: 2027\nsource: 通知\ndays:\n  2027-13-20: {kind: makeup}\n")
    with pytest.raises(Invalid, match="2027-13-20"):
        import_calendar(session, folder=tmp_path, by=SYSTEM)
    assert calendar_of(session) == load_calendar(FOLDER)


def test_only_an_administrator_may_import(session: Session) -> None:
    operator = Actor(user_id=1, name="甲", roles=frozenset({Role.OPERATOR}))
    with pytest.raises(Forbidden):
        import_calendar(session, folder=FOLDER, by=operator)
