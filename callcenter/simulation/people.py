"""Who works in a simulated city, and the plan by which its callbacks are drawn."""

import secrets
from dataclasses import dataclass

from sqlalchemy.orm import Session

from callcenter.accounts import service as accounts
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.followups import plans, tasks
from callcenter.followups.plans import PlanOrder
from callcenter.followups.sampling import Method
from callcenter.operators import service as operators

SURVEYORS = 4
"""As many as a ticket may be called back: never twice by the same person."""


@dataclass(frozen=True)
class Seat:
    """Somebody who answers calls."""

    extension: str
    actor: Actor


@dataclass(frozen=True)
class People:
    """Everybody of the hotline; the units' staff come with their tickets."""

    operator: Seat
    leader: Seat
    surveyors: tuple[Actor, ...]
    supervisor: Actor
    plan_id: int


def hire(session: Session, *, called_back: float) -> People:
    """Accounts without a known password, two seats, and a plan that draws this share of the handled tickets."""
    surveyors = [
        _account(session, f"sim-surveyor-{n}", f"模拟回访员{n}", Role.SURVEYOR) for n in range(1, SURVEYORS + 1)
    ]
    tasks.set_team(session, user_ids=[actor.user_id or 0 for actor in surveyors], by=SYSTEM)
    # No hour of its own: when the played days are over it draws no more.
    order = PlanOrder(name="模拟抽样", method=Method.RANDOM, share=called_back, by_robot=True, closes_rest=True)
    return People(
        operator=_seat(session, "8901", "sim-operator", "模拟话务员", Role.OPERATOR),
        leader=_seat(session, "8902", "sim-leader", "模拟值机领导", Role.LEADER),
        surveyors=tuple(surveyors),
        supervisor=_account(session, "sim-supervisor", "模拟班长", Role.SUPERVISOR),
        plan_id=plans.save_plan(session, order=order, by=SYSTEM).id,
    )


def _account(session: Session, username: str, name: str, role: Role) -> Actor:
    user = accounts.find_user(session, username=username) or accounts.create_user(
        session, username=username, name=name, password=secrets.token_urlsafe(18), roles=[role]
    )
    return user.as_actor()


def _seat(session: Session, extension: str, username: str, name: str, role: Role) -> Seat:
    actor = _account(session, username, name, role)
    if extension not in {operator.extension for operator in operators.operators(session)}:
        operators.create_operator(
            session, user_id=actor.user_id or 0, extension=extension, queues=["q12345"], by=SYSTEM
        )
    return Seat(extension, actor)
