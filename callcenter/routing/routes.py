"""HTTP: try the rules, see and reload them, the suggestion of a call and what a person made of it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from callcenter.accounts.web import permitted
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.routing import lookup, service
from callcenter.routing.schemas import CatalogueOut, DecisionOut, PlacesOut, RulesOut, TriedOut, TryIn, VerdictIn

router = APIRouter(prefix="/api", tags=["routing"])

RulesReader = Annotated[Actor, Depends(permitted(Permission.RULES_READ))]
Publisher = Annotated[Actor, Depends(permitted(Permission.RULES_PUBLISH))]
CallReader = Annotated[Actor, Depends(permitted(Permission.CALL_READ))]
TicketReader = Annotated[Actor, Depends(permitted(Permission.TICKET_READ))]
Registrar = Annotated[Actor, Depends(permitted(Permission.TICKET_CREATE))]


@router.post("/routing/try")
def try_out(_user: RulesReader, body: TryIn) -> TriedOut:
    """What the rules would say; nothing is kept."""
    return TriedOut.of(*service.try_out(body.facts()))


@router.get("/routing/rules")
def rules(_user: RulesReader) -> RulesOut:
    return RulesOut.of(service.rule_book())


@router.get("/routing/catalogue")
def catalogue(_user: TicketReader) -> CatalogueOut:
    """Kinds, topics, urgencies, outcomes and towns to choose from."""
    return CatalogueOut.of(service.rule_book().current().engine.city)


@router.get("/routing/places")
def places(
    _user: TicketReader,
    text: Annotated[str, Query(max_length=200)] = "",
    town: Annotated[str, Query(max_length=64)] = "",
) -> PlacesOut:
    """Places that may be meant by what was typed, and what lies in the town of the likeliest or the one asked for."""
    engine = service.rule_book().current().engine
    return PlacesOut.of(engine.city, lookup.look_up(engine, text, town), town)


@router.post("/routing/reload")
def reload(user: Publisher, session: SessionDep) -> RulesOut:
    """Read the files again; with problems the rules in use stay."""
    return RulesOut.of(service.reload(session, by=user))


@router.get("/calls/{call_id}/decision")
def decision(_user: CallReader, session: ReadingDep, call_id: str) -> DecisionOut | None:
    """Null while the caller has said nothing the rules could read."""
    row = service.latest(session, call_id=call_id)
    return DecisionOut.of(row) if row else None


@router.post("/decisions/{decision_id}/verdict")
def verdict(user: Registrar, session: SessionDep, decision_id: int, body: VerdictIn) -> DecisionOut:
    """Accept, edit or reject; once."""
    row = service.record_verdict(session, decision_id=decision_id, verdict=body.verdict, final=body.final, by=user)
    return DecisionOut.of(row)
