"""Figures kept in memory for the pages: a period is counted once, however many look at it and at what is behind it.

A period that is over hardly changes (only facts that were reported late), so it is kept for an hour; a running one for
half a minute. Reports count anew.
"""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from callcenter.core.clock import now
from callcenter.core.errors import NotFound
from callcenter.reports import service
from callcenter.reports.metrics import Figures
from callcenter.reports.rate import Counted
from callcenter.reports.stages import Timed

OVER_FOR, RUNNING_FOR = timedelta(hours=1), timedelta(seconds=30)
SETTLED = timedelta(days=1)
"""So long after its end a period counts as over: a part that was away has reported by then."""
MOST = 64

_Key = tuple[str, datetime, datetime, str]
_kept: OrderedDict[_Key, tuple[datetime, dict[str, Figures]]] = OrderedDict()
_lock = threading.Lock()


def figures(session: Session, *, since: datetime, until: datetime, by: str = "") -> dict[str, Figures]:
    """By group, or under an empty name as a whole."""
    key = (str(session.get_bind().engine.url), since, until, by)
    with _lock:
        found = _kept.get(key)
        if found and found[0] > now():
            _kept.move_to_end(key)
            return found[1]
    if by:
        counted = service.figures_by(session, since=since, until=until, by=by)
    else:
        counted = {"": service.figures(session, since=since, until=until)}
    kept_for = OVER_FOR if until + SETTLED <= now() else RUNNING_FOR
    with _lock:
        _kept[key] = (now() + kept_for, counted)
        _kept.move_to_end(key)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return counted


def figure(
    session: Session, *, since: datetime, until: datetime, code: str, by: str = "", group: str = ""
) -> Counted | Timed:
    """One figure, with the calls or tickets behind it; of one group when told so."""
    shown = figures(session, since=since, until=until, by=by).get(group, Figures([], []))
    found = {item.code: item for item in shown.all}
    if code not in found:
        raise NotFound(f"没有代码为“{code}”的指标，可用：{'、'.join(found)}。", code="figure_not_found")
    return found[code]


def forget() -> None:
    """Count everything anew."""
    with _lock:
        _kept.clear()
