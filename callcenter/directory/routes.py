"""HTTP: the directory of handling units."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from callcenter.accounts.web import permitted
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep
from callcenter.directory import service

router = APIRouter(prefix="/api/units", tags=["directory"])

Reader = Annotated[Actor, Depends(permitted(Permission.TICKET_READ))]


class UnitOut(BaseModel):
    """A unit as the operator sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    kind: str
    parent_id: str | None
    accepts_dispatch: bool
    phone_label: str
    duty_number: str
    duties: str


@router.get("")
def units(_user: Reader, session: ReadingDep, text: str = "", kind: str = "") -> list[UnitOut]:
    return [UnitOut.model_validate(unit) for unit in service.search(session, text=text, kind=kind)]


@router.get("/{unit_id}")
def unit(_user: Reader, session: ReadingDep, unit_id: str) -> UnitOut:
    return UnitOut.model_validate(service.unit(session, unit_id=unit_id))
