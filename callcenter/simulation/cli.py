"""`callcenter simulate`: fill an empty database with a reproducible city."""

import secrets
import time
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.accounts import service as accounts
from callcenter.calls.models import Call
from callcenter.core import db
from callcenter.core.errors import Conflict, Invalid
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.operators import service as operators
from callcenter.settings import get_settings
from callcenter.simulation.mix import Draws, Mix
from callcenter.simulation.play import City, statements
from callcenter.workdays.service import calendar_of

LONGEST_DAYS, MOST_CALLS = 400, 5000


@dataclass(frozen=True)
class Seat:
    """Somebody who answers in the simulated city."""

    extension: str
    actor: Actor


SEATS = {Role.OPERATOR: ("sim-operator", "模拟话务员", "8901"), Role.LEADER: ("sim-leader", "模拟值机领导", "8902")}


def simulate(
    *,
    days: Annotated[int, typer.Option(min=1, max=LONGEST_DAYS, help="模拟多少天")],
    per_day: Annotated[int, typer.Option(min=1, max=MOST_CALLS, help="平均每天多少通来电")],
    since: Annotated[str, typer.Option("--from", help="第一天，如 2026-01-01；不写则到昨天为止")] = "",
    seed: Annotated[int, typer.Option(help="随机种子，相同则结果相同")] = 1,
    on_the_spot: Annotated[float, typer.Option(min=0, max=1, help="当场答复的比例")] = Mix.on_the_spot,
    night: Annotated[float, typer.Option(min=0, max=1, help="夜间来电的比例")] = Mix.night,
) -> None:
    """在空库里造一座可重复的城市：来电、工单、时限、回呼和评价，全部经过真实的业务代码。"""
    from callcenter.upgrade import upgrade

    settings = get_settings()
    upgrade(settings.sql_url)
    db.bind(db.make_engine(settings.sql_url))
    first = _first_day(since, days)
    seats = _prepare()
    spoken = statements(settings.city_dir)
    mix = replace(Mix(), on_the_spot=on_the_spot, night=night)
    city = City(Draws(mix, seed, (len(spoken[0]), len(spoken[1]))), spoken, seats)
    began = time.monotonic()
    with typer.progressbar(range(days), label="模拟", show_pos=True) as progress:
        for number in progress:
            day = first + timedelta(days=number)
            with db.unit_of_work() as session:
                is_workday = calendar_of(session).kind_of(day).works
                city.play_day(session, day, per_day, is_workday=is_workday)
    spent = time.monotonic() - began
    pace = f"用时 {spent:.0f} 秒（每秒 {city.calls / spent:.0f} 通）"
    typer.echo(f"完成：{city.calls} 通来电，{city.tickets} 件工单，{pace}。")


def _first_day(since: str, days: int) -> date:
    if not since:
        return date.today() - timedelta(days=days)
    try:
        return date.fromisoformat(since)
    except ValueError:
        raise Invalid(f"日期“{since}”看不懂，请写成 2026-01-01 这样。") from None


def _prepare() -> dict[Role, Seat]:
    """The city's tables and two seats; refuses a database in which people have called."""
    from callcenter.seed import seed_city

    seed_city(get_settings())
    with db.unit_of_work() as session:
        if session.scalar(select(Call.id).limit(1)) is not None:
            raise Conflict(
                "数据库里已有通话，模拟数据不能与真实数据混在一起。"
                "请用 CALLCENTER_DATA_DIR 或 CALLCENTER_DATABASE_URL 指定一个空库。"
            )
        return {role: _seat(session, role, *named) for role, named in SEATS.items()}


def _seat(session: Session, role: Role, username: str, name: str, extension: str) -> Seat:
    user = accounts.find_user(session, username=username) or accounts.create_user(
        session, username=username, name=name, password=secrets.token_urlsafe(18), roles=[role]
    )
    if extension not in {operator.extension for operator in operators.operators(session)}:
        operators.create_operator(session, user_id=user.id, extension=extension, queues=["q12345"], by=SYSTEM)
    return Seat(extension, user.as_actor())
