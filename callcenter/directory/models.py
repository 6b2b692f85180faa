"""Handling units: who answers for what, and the number of the officer on duty."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base


class Unit(Base):
    """A department, town, park, utility or other hotline that a matter can be handed to."""

    __tablename__ = "unit"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    """town, park, department, utility, emergency or other."""
    accepts_dispatch: Mapped[bool]
    """False: calls may be transferred there, tickets may not be sent."""
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"), index=True)
    """The unit it belongs to: a town's village or office, a department's section."""
    phone_label: Mapped[str] = mapped_column(default="")
    """The unit's own public short number, where it has one."""
    duty_number: Mapped[str] = mapped_column(default="")
    """Number of the officer on duty, dialled for three-way calls; empty: none known."""
    duties: Mapped[str] = mapped_column(default="")
    is_active: Mapped[bool] = mapped_column(default=True)
