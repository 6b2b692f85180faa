"""Sweep of the figures: what nobody has to look at again."""

from callcenter.core import db, touched
from callcenter.core.work import sweep


@sweep(seconds=3600)
def forget_touched() -> None:
    """Notes of what was written to, once every kept figure has seen them."""
    with db.unit_of_work() as session:
        touched.forget(session)
