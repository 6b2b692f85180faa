"""Figures for the pages are counted once, a running period again after half a minute, and never across databases."""

from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from callcenter.core.clock import CHINA, now
from callcenter.reports import kept, service
from callcenter.reports.metrics import Figures

pytestmark = pytest.mark.db

SINCE = datetime(2026, 9, 1, tzinfo=CHINA)
OVER = datetime(2026, 10, 1, tzinfo=CHINA)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Ends of the periods that were really counted."""
    ends: list[datetime] = []

    def count(_session: Session, *, since: datetime, until: datetime) -> Figures:
        ends.append(until)
        return Figures([], [])

    monkeypatch.setattr(service, "figures", count)
    return ends


def test_a_period_that_is_over_is_counted_once(session: Session, counted: list[datetime]) -> None:
    for _ in range(3):
        kept.figures(session, since=SINCE, until=OVER)
    assert counted == [OVER]


def test_a_running_period_is_counted_again_after_half_a_minute(session: Session, counted: list[datetime]) -> None:
    at, until = now(), now() + timedelta(days=3)
    for seconds, times in ((0, 1), (20, 1), (31, 2)):
        with time_machine.travel(at + timedelta(seconds=seconds), tick=False):
            kept.figures(session, since=SINCE, until=until)
        assert len(counted) == times


def test_only_so_many_are_kept(session: Session, counted: list[datetime], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 2)
    for day in (1, 2, 3, 1):
        kept.figures(session, since=SINCE, until=OVER - timedelta(days=day))
    assert len(counted) == 4
