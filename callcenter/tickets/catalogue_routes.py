"""HTTP: the dispatch catalogue: what is in force, what differs between versions, and which tickets that would touch.

Publishing, the effective day and putting back are those of the rule set: `/api/routing/publications`.
"""

from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from callcenter.accounts.web import permitted
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep
from callcenter.routing import catalogue, publishing
from callcenter.routing.loader import RuleSet
from callcenter.routing.service import rule_book
from callcenter.settings import get_settings
from callcenter.tickets.catalogue import Trial, trial
from callcenter.tickets.catalogue_schemas import (
    CatalogueChangeOut,
    CatalogueDiffIn,
    CatalogueDiffOut,
    DispatchCatalogueOut,
)

router = APIRouter(prefix="/api/dispatch-catalogue", tags=["routing"])

Reader = Annotated[Actor, Depends(permitted(Permission.RULES_READ))]
Publisher = Annotated[Actor, Depends(permitted(Permission.RULES_PUBLISH))]


@router.get("")
def in_force(_user: Reader, session: ReadingDep) -> DispatchCatalogueOut:
    """Every line of the version in use, with who put it in force, when and why."""
    rules = rule_book().current()
    published = publishing.in_force(session, version=rules.version)
    return DispatchCatalogueOut(
        version=rules.version,
        effective_at=published.applied_at if published else None,
        author_name=published.author_name if published else "",
        reason=published.reason if published else "",
        rows=DispatchCatalogueOut.lines(catalogue.rows(rules)),
    )


@router.post("/diff")
def difference(user: Publisher, session: ReadingDep, body: CatalogueDiffIn) -> CatalogueDiffOut:
    """Line by line, and tried on past tickets; nothing is published."""
    before = _version(session, body.before_id)
    if body.files:
        after = publishing.compile_files(publishing.read_files(get_settings().rules_dir) | body.files)
    else:
        after = _version(session, body.after_id)
    tried = trial(session, before=before, after=after, limit=body.tickets, by=user) if body.tickets else Trial(0, [])
    return CatalogueDiffOut(
        before_version=before.version,
        after_version=after.version,
        rows=[CatalogueChangeOut.of(change) for change in catalogue.diff(before, after)],
        tickets=tried.tickets,
        changes=CatalogueDiffOut.tried(tried),
    )


def _version(session: Session, publication_id: int | None) -> RuleSet:
    if publication_id is None:
        return rule_book().current()
    return publishing.compile_files(publishing.find(session, publication_id).files)
