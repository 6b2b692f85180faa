"""`callcenter forecast`: operators needed for each half-hour of the week, and for any load."""

import json
from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated

import typer

from callcenter.core import db
from callcenter.core.errors import Invalid
from callcenter.duty import erlang
from callcenter.duty.erlang import Load, Norm
from callcenter.duty.forecast import WEEKDAYS, History, Line, WhatIf, slot_name, week
from callcenter.duty.service import planning
from callcenter.settings import get_settings

app = typer.Typer(no_args_is_help=True, help="按自己的话务量测算每半小时需要几个座席（Erlang C，15秒95%）。")

Seconds = Annotated[float, typer.Option(help="多少秒内接听")]
Share = Annotated[float, typer.Option(help="要达到的比例，如 0.95")]


@app.command()
def size(
    calls: Annotated[float, typer.Option(help="每小时来电数")],
    handling: Annotated[float, typer.Option(help="每通处理时长（秒），含话后处理")] = 300,
    agents: Annotated[int | None, typer.Option(help="试算：只有这么多座席")] = None,
    seconds: Seconds = 15,
    share: Share = 0.95,
) -> None:
    """一个话务量需要几个座席，或给定座席能做到什么水平。"""
    _check(handling, 1.0, agents, share)
    load = Load(calls, handling)
    there = erlang.agents_needed(load, Norm(seconds, share)) if agents is None else agents
    level, wait = erlang.answered_within(there, load, seconds), erlang.mean_wait(there, load)
    waited = "排队越来越长" if wait is None else f"平均等待{wait:.1f}秒"
    typer.echo(f"{load.erlangs:.2f} Erlang，{there} 个座席：{seconds:.0f}秒接通 {level:.2%}，{waited}")


@app.command()
def table(
    since: Annotated[str, typer.Option("--from", help="历史起始日，如 2026-09-01")],
    until: Annotated[str, typer.Option("--to", help="历史截止日，含当日")],
    queue: Annotated[str | None, typer.Option(help="只看一个队列")] = None,
    agents: Annotated[int | None, typer.Option(help="试算：固定座席数")] = None,
    handling: Annotated[float | None, typer.Option(help="试算：处理时长（秒）")] = None,
    factor: Annotated[float, typer.Option(help="试算：话务量乘以几倍")] = 1.0,
    minimum: Annotated[int, typer.Option(help="任何时候至少几个座席")] = 1,
    seconds: Seconds = 15,
    share: Share = 0.95,
    as_json: Annotated[bool, typer.Option("--json", help="输出JSON")] = False,
) -> None:
    """一周每半小时的来电、需要的座席和预计水平。"""
    _check(handling or 1.0, factor, agents, share)
    db.bind(db.make_engine(get_settings().sql_url))
    with db.reading() as session:
        past = planning.past(session, since=_day(since), until=_day(until) + timedelta(days=1), queue=queue)
    lines = week(past, WhatIf(agents, handling, factor, Norm(seconds, share), minimum))
    if as_json:
        typer.echo(json.dumps({"handling": asdict(past.handling), "lines": [asdict(one) for one in lines]}))
        return
    _print(past, lines, seconds)


def _print(past: History, lines: list[Line], seconds: float) -> None:
    held = past.handling
    left_out = "；".join(f"{why} {count}天" for why, count in past.left_out.items())
    typer.echo(
        f"样本 {sum(past.days.values())} 天{f'（未计入：{left_out}）' if left_out else ''}；每通 {held.seconds:.0f} 秒"
        f"（通话 {held.talk_seconds:.0f} 秒，{held.talks} 通；话后 {held.wrap_up_seconds:.0f} 秒，{held.wrap_ups} 次）"
    )
    for one in lines:
        if one.seen.calls:
            typer.echo(
                f"{WEEKDAYS[one.weekday]} {slot_name(one.slot)}  来电 {one.calls:6.1f}（{one.seen.calls}/{one.days}天）"
                f"  需要 {one.needed:3}  配置 {one.agents:3}  {seconds:.0f}秒接通 {one.level:7.2%}"
                f"  实际 {one.seen.in_time}/{one.seen.counted}"
            )


def _check(handling: float, factor: float, agents: int | None, share: float) -> None:
    if handling <= 0 or factor <= 0 or (agents is not None and agents < 0) or not 0 < share < 1:
        raise Invalid("处理时长、倍数要大于零，座席数不能为负，比例要在0和1之间。")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"日期“{text}”看不懂，请写成 2026-09-30 这样。") from None
