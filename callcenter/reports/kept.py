"""Figures kept in memory for the pages: a period is counted from the rows once, from then on only what changed.

Reports count anew. So does whoever asks for a period that has not been asked for lately.
"""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from callcenter.core import touched
from callcenter.core.errors import NotFound
from callcenter.reports import service
from callcenter.reports.live import Live
from callcenter.reports.metrics import Figures, Shown
from callcenter.reports.rate import Counted
from callcenter.reports.stages import Timed

AGREES_FOR = timedelta(seconds=2)
"""Pages that ask so soon one after the other get the same."""
MOST = 16

_Key = tuple[str, datetime, datetime]


class _Kept:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.live: Live | None = None
        self.at = touched.present()


_kept: OrderedDict[_Key, _Kept] = OrderedDict()
_lock = threading.Lock()


def shown(session: Session, *, since: datetime, until: datetime, by: str = "") -> dict[str, Shown]:
    """Numbers by group, or under an empty name as a whole."""
    service.check_grouping(by)
    live, lock = _live(session, since, until)
    with lock:
        return live.shown(by)


def figures(session: Session, *, since: datetime, until: datetime, by: str) -> dict[str, Figures]:
    """By group, with the calls and tickets behind each figure."""
    service.check_grouping(by)
    live, lock = _live(session, since, until)
    with lock:
        return {group: live.figures(by, group) for group in live.groups(by)}


def figure(
    session: Session, *, since: datetime, until: datetime, code: str, by: str = "", group: str = ""
) -> Counted | Timed:
    """One figure, with the calls or tickets behind it; of one group when told so."""
    service.check_grouping(by)
    live, lock = _live(session, since, until)
    with lock:
        found = {item.code: item for item in live.figures(by, group).all}
    if code not in found:
        raise NotFound(f"没有代码为“{code}”的指标，可用：{'、'.join(found)}。", code="figure_not_found")
    return found[code]


def forget() -> None:
    """Count everything anew."""
    with _lock:
        _kept.clear()


def _live(session: Session, since: datetime, until: datetime) -> tuple[Live, threading.Lock]:
    """Up to date; several who ask at once wait for one count."""
    key = (str(session.get_bind().engine.url), since, until)
    with _lock:
        kept = _kept.setdefault(key, _Kept())
        _kept.move_to_end(key)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    with kept.lock:
        if kept.live is None:
            kept.live = Live(session, since=since, until=until)
            kept.at = touched.present()
        elif abs(touched.present() - kept.at) > AGREES_FOR:
            kept.live.refresh(session)
            kept.at = touched.present()
        return kept.live, kept.lock
