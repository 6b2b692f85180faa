"""`callcenter deadline`: prints the clocks a ticket would get, from the files alone, without a database.

`callcenter deadline explain NUMBER` prints how a stored ticket got its dates.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError

from callcenter.core import db
from callcenter.core.clock import CHINA
from callcenter.core.errors import HotlineError, Invalid
from callcenter.settings import get_settings
from callcenter.tickets import queries
from callcenter.tickets.calendar_cli import DATABASE_NOT_READY
from callcenter.tickets.deadlines import CLOCK_LABELS, Clock, clocks, find_profile
from callcenter.tickets.explain import explain as explanation
from callcenter.tickets.profiles import load_profiles
from callcenter.workdays.files import hours_of, load_calendar, load_office_hours

BAD_INPUT = 2
YEARS = range(2000, 2100)


app = typer.Typer(invoke_without_command=True, help="时限：按诉求推算，或解释一件工单的时限")


@app.callback()
def deadline(
    context: typer.Context,
    *,
    kind: Annotated[str | None, typer.Option(help="诉求类型，如 投诉")] = None,
    at: Annotated[str | None, typer.Option(help="起算时刻，如 2026-09-30T16:00+08:00；不写时区按北京时间")] = None,
    urgency: Annotated[str, typer.Option(help="紧急程度，如 一般")] = "一般",
    outcome: Annotated[str | None, typer.Option(help="结果码，如 DISPATCH；不写取第一条合适的时限")] = None,
    unit: Annotated[str | None, typer.Option(help="承办单位编号，按其办公时间计")] = None,
    profiles: Annotated[Path | None, typer.Option(help="另一份时限表")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出JSON")] = False,
) -> None:
    """打印一件工单各项时限的到期时刻和依据。"""
    if context.invoked_subcommand:
        return
    if kind is None or at is None:
        raise typer.BadParameter("请用 --kind 和 --at 给出诉求类型和起算时刻。")
    settings = get_settings()
    try:
        table = load_profiles(profiles or settings.city_dir / "deadlines.tsv")
        hours = load_office_hours(settings.city_dir / "office_hours.yaml")
        found = clocks(
            find_profile(table, kind=kind, urgency=urgency, outcome=outcome),
            started_at=_moment(at),
            calendar=load_calendar(settings.calendar_dir),
            hours=hours_of(hours, _known_unit(settings.city_dir / "units.tsv", unit)),
        )
    except HotlineError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(BAD_INPUT) from error
    typer.echo(_json(found) if as_json else _table(found))


@app.command()
def explain(number: Annotated[str, typer.Argument(help="工单编号，如 20261123-000123")]) -> None:
    """打印一件工单的各项时限是怎样算出来的，并按留存的依据复算一遍。"""
    db.bind(db.make_engine(get_settings().sql_url))
    try:
        with db.reading() as session:
            typer.echo(explanation(queries.by_number(session, number=number)))
    except (HotlineError, OperationalError) as error:
        typer.echo(error.message if isinstance(error, HotlineError) else DATABASE_NOT_READY, err=True)
        raise typer.Exit(BAD_INPUT) from error


def _known_unit(path: Path, unit_id: str | None) -> str | None:
    if unit_id is None:
        return None
    known = {line.split("\t", 1)[0] for line in path.read_text(encoding="utf-8").splitlines()[1:]}
    if unit_id not in known:
        raise Invalid(f"没有编号为“{unit_id}”的承办单位，请在 {path.name} 中核对。")
    return unit_id


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"时间“{text}”看不懂，请写成 2026-09-30T16:00+08:00 这样。") from error
    if moment.year not in YEARS:
        raise Invalid(f"时间“{text}”的年份不对，应在{YEARS[0]}到{YEARS[-1]}之间。")
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)


def _json(found: list[Clock]) -> str:
    rows = [
        {"name": clock.name, "due_at": clock.due_at.isoformat(), "basis": clock.basis, "provisional": clock.provisional}
        for clock in found
    ]
    return json.dumps({"clocks": rows}, ensure_ascii=False, indent=2)


def _table(found: list[Clock]) -> str:
    if not found:
        return "这类事项不计时限。"
    return "\n".join(
        f"{CLOCK_LABELS[clock.name]}\t{clock.due_at:%Y-%m-%d %H:%M}{_mark(clock)}\t{clock.basis}" for clock in found
    )


def _mark(clock: Clock) -> str:
    return "（暂定）" if clock.provisional else ""
