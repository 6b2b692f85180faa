"""Figures for the pages are counted from the rows once, then only what changed; never across databases."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from callcenter.core import touched
from callcenter.core.clock import CHINA
from callcenter.core.errors import Invalid, NotFound
from callcenter.reports import kept
from callcenter.reports.live import Live

pytestmark = pytest.mark.db

SINCE = datetime(2026, 9, 1, tzinfo=CHINA)
OVER = datetime(2026, 10, 1, tzinfo=CHINA)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Ends of the periods that were counted from the rows."""
    ends: list[datetime] = []
    count_anew = Live._count_anew

    def count(live: Live, session: Session) -> None:
        ends.append(live._until)
        count_anew(live, session)

    monkeypatch.setattr(Live, "_count_anew", count)
    return ends


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    at = touched.present() + by
    monkeypatch.setattr(touched, "present", lambda: at)


def test_a_period_is_counted_from_the_rows_once(
    session: Session, counted: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        kept.shown(session, since=SINCE, until=OVER)
        kept.figures(session, since=SINCE, until=OVER, by="unit")
        later(monkeypatch, timedelta(minutes=10))
    assert counted == [OVER]


def test_who_has_not_looked_for_long_counts_anew(
    session: Session, counted: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written to meanwhile may have been forgotten."""
    kept.shown(session, since=SINCE, until=OVER)
    later(monkeypatch, touched.KEPT)
    kept.shown(session, since=SINCE, until=OVER)
    assert counted == [OVER, OVER]


def test_only_so_many_are_kept(session: Session, counted: list[datetime], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 2)
    for day in (1, 2, 3, 1):
        kept.shown(session, since=SINCE, until=OVER - timedelta(days=day))
    assert len(counted) == 4


def test_what_cannot_be_asked_for_is_told(session: Session) -> None:
    with pytest.raises(Invalid, match="不能按"):
        kept.shown(session, since=SINCE, until=OVER, by="weather")
    with pytest.raises(NotFound, match="没有代码"):
        kept.figure(session, since=SINCE, until=OVER, code="luck")
