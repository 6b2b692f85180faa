"""HTTP: read warnings, take note of them, hand them over, say what came of them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from callcenter.accounts.web import permitted
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.tickets.schemas import Key
from callcenter.warnings import service
from callcenter.warnings.models import WarningKind, WarningState
from callcenter.warnings.schemas import CloseIn, WarningHandOverIn, WarningOut, WarningsOut

router = APIRouter(prefix="/api/warnings", tags=["warnings"])

Reader = Annotated[Actor, Depends(permitted(Permission.WARNING_HANDLE))]
Id = Annotated[Key, Path()]


@router.get("")
def warnings(
    user: Reader,
    session: ReadingDep,
    state: Annotated[WarningState | None, Query()] = None,
    kind: Annotated[WarningKind | None, Query()] = None,
    before: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> WarningsOut:
    """Newest first."""
    found = service.page(session, by=user, state=state, kind=kind, before=before, limit=limit)
    following = found[-1].id if len(found) == limit else None
    return WarningsOut(warnings=[WarningOut.of(warned) for warned in found], next=following)


@router.post("/{warning_id}/acknowledge")
def acknowledge(user: Reader, session: SessionDep, warning_id: Id) -> WarningOut:
    """The reader has taken note."""
    return WarningOut.of(service.acknowledge(session, warning_id=warning_id, by=user))


@router.post("/{warning_id}/close")
def close(user: Reader, session: SessionDep, warning_id: Id, body: CloseIn) -> WarningOut:
    """Say what came of it; once."""
    return WarningOut.of(service.close(session, warning_id=warning_id, result=body.result, text=body.text, by=user))


@router.post("/{warning_id}/hand-over")
def hand_over(user: Reader, session: SessionDep, warning_id: Id, body: WarningHandOverIn) -> WarningOut:
    """Name another reader."""
    return WarningOut.of(service.hand_over(session, warning_id=warning_id, username=body.username, by=user))
