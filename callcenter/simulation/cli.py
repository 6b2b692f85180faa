"""`callcenter simulate`: fill an empty database with a reproducible city."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated

import typer
from sqlalchemy import select

from callcenter.calls.models import Call
from callcenter.core import clock, db
from callcenter.core.errors import Conflict, Invalid
from callcenter.settings import get_settings
from callcenter.simulation.mix import PRESETS, Draws, Mix, Preset
from callcenter.simulation.people import People, hire
from callcenter.simulation.play import City, statements
from callcenter.workdays.service import calendar_of

LONGEST_DAYS, MOST_CALLS = 400, 5000


def simulate(
    *,
    days: Annotated[int | None, typer.Option(min=1, max=LONGEST_DAYS, help="模拟多少天")] = None,
    per_day: Annotated[
        float | None, typer.Option(min=1, max=MOST_CALLS, help="平均每天受理多少通来电，中途放弃的另计")
    ] = None,
    since: Annotated[str, typer.Option("--from", help="第一天，如 2026-01-01；不写则到昨天为止")] = "",
    seed: Annotated[int, typer.Option(help="随机种子，相同则结果相同")] = 1,
    mix: Annotated[str, typer.Option(help=f"按已公布的一年调好比例和数量：{'、'.join(PRESETS)}")] = "",
    on_the_spot: Annotated[float | None, typer.Option(min=0, max=1, help="当场答复的比例")] = None,
    night: Annotated[float | None, typer.Option(min=0, max=1, help="夜间来电的比例")] = None,
) -> None:
    """在空库里造一座可重复的城市：来电、工单、时限、督办、回呼、回访和评价，全部经过真实的业务代码。"""
    from callcenter.upgrade import upgrade

    preset = _preset(mix)
    length, accepted = days or (preset.days if preset else 0), per_day or (preset.per_day if preset else 0)
    if not (length and accepted):
        raise Invalid("请写明 --days 和 --per-day，或用 --mix 选一个已有的年份。")
    chosen = preset.mix if preset else Mix()
    if on_the_spot is not None:
        chosen = replace(chosen, on_the_spot=on_the_spot)
    if night is not None:
        chosen = replace(chosen, night=night)
    settings = get_settings()
    upgrade(settings.sql_url)
    db.bind(db.make_engine(settings.sql_url))
    first = _first_day(since, length)
    people = _prepare(chosen)
    spoken = statements(settings.city_dir, with_invalid=chosen.has_invalid)
    draws = Draws(chosen, seed, (len(spoken[0]), len(spoken[1])))
    city = City(draws, spoken, people)
    began = time.monotonic()
    with db.reading() as session:
        calendar = calendar_of(session)
    played = [first + timedelta(days=number) for number in range(length)]
    sizes = draws.sizes([calendar.kind_of(day).works for day in played], accepted)
    with (
        _own_time(),
        typer.progressbar(list(zip(played, sizes, strict=True)), label="模拟", show_pos=True) as progress,
    ):
        for day, size in progress:
            with db.unit_of_work() as session:
                city.play_day(session, day, size)
        with db.unit_of_work() as session:
            city.end(session)
    spent = time.monotonic() - began
    pace = f"用时 {spent:.0f} 秒（每秒 {city.calls / spent:.0f} 通）"
    typer.echo(f"完成：{city.calls} 通来电，{city.tickets} 件工单，{pace}。")


@contextmanager
def _own_time() -> Iterator[None]:
    """The clock stands where the story is. What was loaded before it is not searched for garbage again and again."""
    gc.freeze()
    try:
        yield
    finally:
        clock.freeze(None)
        gc.unfreeze()


def _preset(name: str) -> Preset | None:
    if name and name not in PRESETS:
        raise Invalid(f"没有名为“{name}”的比例，可用：{'、'.join(PRESETS)}。")
    return PRESETS.get(name)


def _first_day(since: str, days: int) -> date:
    if not since:
        return date.today() - timedelta(days=days)
    try:
        return date.fromisoformat(since)
    except ValueError:
        raise Invalid(f"日期“{since}”看不懂，请写成 2026-01-01 这样。") from None


def _prepare(mix: Mix) -> People:
    """The city's tables and its people; refuses a database in which people have called."""
    from callcenter.seed import seed_city

    seed_city(get_settings())
    with db.unit_of_work() as session:
        if session.scalar(select(Call.id).limit(1)) is not None:
            raise Conflict(
                "数据库里已有通话，模拟数据不能与真实数据混在一起。"
                "请用 CALLCENTER_DATA_DIR 或 CALLCENTER_DATABASE_URL 指定一个空库。"
            )
        return hire(session, called_back=mix.called_back)
