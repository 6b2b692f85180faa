"""HTTP: the decision on a call, the rules in force, a dry run."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from callcenter.accounts.web import permitted
from callcenter.core.clock import now
from callcenter.core.errors import Invalid
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep
from callcenter.routing import service
from callcenter.routing.facts import Facts

router = APIRouter(prefix="/api", tags=["routing"])

Reader = Annotated[Actor, Depends(permitted(Permission.RULES_READ))]
Publisher = Annotated[Actor, Depends(permitted(Permission.RULES_PUBLISH))]


class DecisionOut(BaseModel):
    """What the rules said of a call, and from which words."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    call_id: str
    decided_at: datetime
    rules_version: str
    facts: dict[str, Any]
    decision: dict[str, Any]


class TextIn(BaseModel):
    """A text to try the rules on."""

    text: str = Field(max_length=100_000)
    town: str = Field(default="", max_length=100)


class RulesOut(BaseModel):
    """The rules in force."""

    version: str
    count: int


@router.get("/calls/{call_id}/decision")
def decision(_user: Reader, session: ReadingDep, call_id: str) -> DecisionOut | None:
    """Null while the caller has said nothing the rules could read."""
    found = service.find(session, call_id=call_id)
    return DecisionOut.model_validate(found) if found else None


@router.post("/routing/try")
def try_rules(_user: Reader, body: TextIn) -> dict[str, Any]:
    """Decide without keeping anything."""
    engine = service.rule_book().current().engine
    return service.as_json(engine.decide(Facts(text=body.text, town=body.town, at=now())))


@router.get("/routing/rules")
def rules(_user: Reader) -> RulesOut:
    current = service.rule_book().current()
    return RulesOut(version=current.version, count=len(current.rule_ids))


@router.post("/routing/reload")
def reload(_user: Publisher) -> RulesOut:
    """Read the files anew; a broken file is named and the rules in force stay."""
    book = service.rule_book()
    current = book.reload()
    if book.problems:
        raise Invalid(
            f"规则有 {len(book.problems)} 处问题,没有采用,原规则继续有效。",
            code="bad_rules",
            details={"problems": [str(problem) for problem in book.problems]},
        )
    return RulesOut(version=current.version, count=len(current.rule_ids))
