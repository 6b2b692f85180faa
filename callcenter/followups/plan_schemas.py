"""Sampling plans and draws as the API takes and gives them."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, StringConstraints

from callcenter.followups import plans
from callcenter.followups.models import Draw, SamplingPlan
from callcenter.followups.plans import PlanOrder, Preview
from callcenter.followups.sampling import FORCED_NAMES, ForcedClass, Method, Stratum, margin_of
from callcenter.tickets.schemas import Line


class SamplingPlanIn(BaseModel, extra="forbid"):
    """A plan as somebody wants it."""

    name: Annotated[Line, Field(min_length=1)]
    method: Method
    share: Annotated[float, Field(ge=0, le=1)] = 1.0
    strata: list[Stratum] = []
    smallest: Annotated[int, Field(ge=0, le=1000)] = 1
    forced: list[ForcedClass] = list(ForcedClass)
    by_robot: bool = False
    closes_rest: bool = False
    daily_hour: Annotated[int, Field(ge=0, le=23)] | None = None
    is_active: bool = True

    def order(self) -> PlanOrder:
        return PlanOrder(
            **{
                **self.model_dump(),
                "strata": tuple(dict.fromkeys(self.strata)),
                "forced": tuple(dict.fromkeys(self.forced)),
            }
        )


class SamplingPlanOut(SamplingPlanIn, from_attributes=True):
    """A plan as it is kept."""

    id: int
    created_at: datetime

    @classmethod
    def of(cls, plan: SamplingPlan) -> Self:
        return cls.model_validate(plan, from_attributes=True)


class StratumOut(BaseModel):
    """A part of the population."""

    stratum: str
    drawn: int
    population: int


class PreviewOut(BaseModel):
    """What a plan would draw now, and how exact a rate that gives at 95 %."""

    population: int
    drawn: int
    forced: int
    strata: list[StratumOut]
    margin: float | None
    required: dict[str, int] = Field(description="误差（如 0.05）对应的最小样本量，95%置信水平，有限总体修正")

    @classmethod
    def of(cls, shown: Preview) -> Self:
        return cls(
            population=shown.population,
            drawn=shown.drawn,
            forced=shown.forced,
            strata=[
                StratumOut(stratum=name, drawn=drawn, population=size)
                for name, (drawn, size) in shown.by_stratum.items()
            ],
            margin=shown.margin,
            required={str(margin): size for margin, size in shown.required.items()},
        )


class DrawOut(BaseModel):
    """A draw with what repeats it."""

    id: int
    plan_id: int
    plan_name: str
    seed: str
    fingerprint: str
    population: int
    drawn: int
    margin: float | None
    at: datetime

    @classmethod
    def of(cls, made: Draw) -> Self:
        return cls(**_fields(made))


class MemberOut(BaseModel):
    """A ticket of the population and its lot."""

    number: str
    unit: str
    kind: str
    stratum: str
    is_drawn: bool
    forced_by: str


class DrawAuditOut(DrawOut):
    """The whole population, and whether drawing again gives the same."""

    repeats: bool
    members: list[MemberOut]

    @classmethod
    def audited(cls, made: Draw) -> Self:
        members = [
            MemberOut(
                number=row.number,
                unit=row.unit,
                kind=row.kind,
                stratum=row.stratum,
                is_drawn=row.is_drawn,
                forced_by=FORCED_NAMES[ForcedClass(row.forced_by)] if row.forced_by else "",
            )
            for row in made.members
        ]
        return cls(**_fields(made), repeats=plans.repeats(made), members=members)


class DrawIn(BaseModel, extra="forbid"):
    """Draw now; without a seed one is made."""

    seed: Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00]*$")] = ""


class DrawsOut(BaseModel):
    items: list[DrawOut]
    next: int | None


class MediaIn(BaseModel, extra="forbid"):
    """Who asks about the ticket."""

    reason: Line


def _fields(made: Draw) -> dict[str, Any]:
    names = ("id", "plan_id", "seed", "fingerprint", "population", "drawn", "at")
    kept = {name: getattr(made, name) for name in names}
    return {**kept, "plan_name": made.plan["name"], "margin": margin_of(made.drawn, made.population)}
