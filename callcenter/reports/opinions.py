"""What citizens said of a unit's work when they were called back: the one place where figures take it from."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from callcenter.reports.facts import Period


@dataclass(frozen=True)
class Opinion:
    """Of the unit that led the ticket; None: asked, without a valid answer."""

    satisfied: bool | None
    solved: bool | None


def opinions(_session: Session, _period: Period) -> Mapping[int, Opinion]:
    """By id of the ticket, the last valid opinion before the end of the period. Nobody records them yet."""
    return {}
