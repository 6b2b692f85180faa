"""What the API takes and says of the dispatch catalogue."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from callcenter.core.masking import mask_text
from callcenter.routing.catalogue import Row, RowChange
from callcenter.routing.workbench_schemas import Files
from callcenter.tickets.catalogue import Trial

Id = Annotated[int, Field(ge=1, le=2**31 - 1)]


class CatalogueRowOut(BaseModel, from_attributes=True):
    """A topic or an exception, with what it says by field."""

    kind: str
    key: str
    fields: dict[str, str]


class DispatchCatalogueOut(BaseModel):
    """One version; `effective_at` is empty while nobody has published anything."""

    version: str
    effective_at: datetime | None
    author_name: str
    reason: str
    rows: list[CatalogueRowOut]

    @staticmethod
    def lines(rows: list[Row]) -> list[CatalogueRowOut]:
        return [CatalogueRowOut.model_validate(row) for row in rows]


class FieldChangeOut(BaseModel):
    """One field of a line."""

    name: str
    before: str
    after: str


class CatalogueChangeOut(BaseModel):
    """One line that differs."""

    kind: str
    key: str
    what: str
    fields: list[FieldChangeOut]

    @classmethod
    def of(cls, change: RowChange) -> Self:
        fields = [FieldChangeOut(name=name, before=old, after=new) for name, (old, new) in change.fields.items()]
        return cls(kind=change.kind, key=change.key, what=change.what, fields=fields)


class CatalogueDiffIn(BaseModel, extra="forbid"):
    """Two versions: a publication's number, changed files, or neither for what is in use."""

    before_id: Id | None = None
    after_id: Id | None = None
    files: Files = Field(default={}, max_length=200)
    """In place of `after_id`: changed files by their name in the rules folder."""
    tickets: int = Field(default=0, ge=0, le=1_000)
    """On how many of the newest dispatched tickets both are tried."""


class TicketChangeOut(BaseModel):
    """A ticket that the two versions would send otherwise."""

    ticket_id: int
    number: str
    title: str
    lead_before: str
    lead_after: str
    co_before: list[str]
    co_after: list[str]
    actual_lead: str | None
    verdict: str


class CatalogueDiffOut(BaseModel):
    """Lines that differ, and tickets whose suggestion would change."""

    before_version: str
    after_version: str
    rows: list[CatalogueChangeOut]
    tickets: int
    changes: list[TicketChangeOut]

    @staticmethod
    def tried(trial: Trial) -> list[TicketChangeOut]:
        return [
            TicketChangeOut(
                ticket_id=change.ticket.id,
                number=change.ticket.number,
                title=mask_text(change.ticket.title),
                lead_before=change.before.lead,
                lead_after=change.after.lead,
                co_before=list(change.before.co),
                co_after=list(change.after.co),
                actual_lead=change.ticket.lead_unit_id,
                verdict=change.verdict,
            )
            for change in trial.changes
        ]
