"""`callcenter calendar`: make a year's file, bring files into the database, move the deadlines they touch."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError

from callcenter.core import db
from callcenter.core.clock import local
from callcenter.core.errors import HotlineError
from callcenter.core.security import SYSTEM
from callcenter.settings import get_settings
from callcenter.tickets import moves, queries
from callcenter.workdays.arithmetic import DAY_NAMES, DayKind
from callcenter.workdays.published import year_file
from callcenter.workdays.service import import_calendar

calendar = typer.Typer(no_args_is_help=True, help="工作日历：生成年度文件，导入并重算未结工单的时限。")

DATABASE_NOT_READY = "数据库连不上或还没有升级，请检查数据库服务，并先运行 callcenter migrate。"


@calendar.command("make")
def make(year: Annotated[int, typer.Argument(help="年份")]) -> None:
    """打印某年的日历文件（数据来自 chinesecalendar，须与国务院办公厅通知核对）。"""
    try:
        typer.echo(year_file(year), nl=False)
    except NotImplementedError as error:
        typer.echo(f"还没有{year}年的放假安排，请等通知公布后更新 chinesecalendar，或照通知手写日历文件。", err=True)
        raise typer.Exit(2) from error


@calendar.command("import")
def import_files(folder: Annotated[Path | None, typer.Option(help="日历文件夹")] = None) -> None:
    """导入日历文件，列出变动的日子和因此移动的时限。"""
    settings = get_settings()
    db.bind(db.make_engine(settings.sql_url))
    try:
        with db.unit_of_work() as session:
            changes = import_calendar(session, folder=folder or settings.calendar_dir, by=SYSTEM)
            moved = [moves.line(move) for move in moves.recompute_running(session, by=SYSTEM, limit=None)]
    except (HotlineError, OperationalError) as error:
        typer.echo(error.message if isinstance(error, HotlineError) else DATABASE_NOT_READY, err=True)
        raise typer.Exit(2) from error
    for change in changes:
        where = f"（{change.unit_id}）" if change.unit_id else ""
        typer.echo(f"{change.day}  {_name(change.before)} → {_name(change.after)}{where}")
    for line in moved:
        typer.echo(line)
    typer.echo(f"日历变动{len(changes)}天，时限移动{len(moved)}项。")


@calendar.command("log")
def log(
    ticket: Annotated[str, typer.Option(help="只看这件工单的编号")] = "",
    most: Annotated[int, typer.Option(min=1, max=10_000, help="最多列几项，新的在前")] = 50,
) -> None:
    """列出因日历变动而移动的时限：原日期、新日期、原因。"""
    db.bind(db.make_engine(get_settings().sql_url))
    try:
        with db.reading() as session:
            ticket_id = queries.by_number(session, number=ticket).id if ticket else None
            found = moves.page(session, by=SYSTEM, ticket_id=ticket_id, limit=most)
            lines = [f"{local(move.at):%Y-%m-%d %H:%M}  {moves.line(move)}" for move in found]
    except (HotlineError, OperationalError) as error:
        typer.echo(error.message if isinstance(error, HotlineError) else DATABASE_NOT_READY, err=True)
        raise typer.Exit(2) from error
    typer.echo("\n".join(lines) if lines else "没有因日历变动而移动的时限。")


def _name(kind: DayKind | None) -> str:
    return DAY_NAMES[kind] if kind else "平日"
