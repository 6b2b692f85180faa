"""One page for one seat: whose phone answers, and how another page takes the seat over."""

from dataclasses import dataclass

from callcenter.core.errors import Conflict
from callcenter.operators.lifecycle import SeatState
from callcenter.operators.models import Operator


@dataclass(frozen=True)
class Page:
    """The page that asks for the seat."""

    id: str
    take_over: bool = False


class SeatHeld(Conflict):
    """Another page holds the seat; the operator may take it over."""

    code = "seat_held"


def check_free(operator: Operator, page: Page | None) -> None:
    """Two phones with one extension would take each other's calls: the second page must say that it means it."""
    if page is None or page.take_over or operator.state is SeatState.OFFLINE:
        return
    if operator.held_by not in ("", page.id):
        raise SeatHeld("您的席位正在另一个页面上使用，可以在本页接管；接管后那个页面的话机会停用，通话转到本页。")


def takes_over(operator: Operator, page: Page | None) -> bool:
    return page is not None and page.id != operator.held_by
