"""`callcenter tickets`: export tickets to a table, import old ones from one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError

from callcenter.core import db, sheets
from callcenter.core.errors import HotlineError
from callcenter.core.security import SYSTEM
from callcenter.settings import get_settings
from callcenter.tickets import exporting, importing
from callcenter.tickets.calendar_cli import DATABASE_NOT_READY
from callcenter.tickets.queries import Filter

BAD_INPUT = 2

app = typer.Typer(no_args_is_help=True, help="工单：导出成表格，导入历史工单")


@app.command("export")
def export_tickets(
    out: Annotated[Path, typer.Argument(help="写到哪里，.csv 或 .xlsx")],
    reason: Annotated[str, typer.Option(help="用途，会留下记录")],
) -> None:
    """把全部工单导出成表格，诉求人信息已脱敏。"""
    with _database(), db.unit_of_work() as session:
        rows = exporting.export(session, where=Filter(), reason=reason, by=SYSTEM)
        if out.suffix == ".xlsx":
            out.write_bytes(sheets.write_xlsx(exporting.HEADS, rows, title="工单"))
        else:
            out.write_bytes(b"".join(sheets.write_csv(exporting.HEADS, rows)))
    typer.echo(f"已导出到 {out}。")


@app.command("import")
def import_tickets(
    table: Annotated[Path, typer.Argument(help="历史工单，.csv 或 .xlsx")],
    fields: Annotated[Path | None, typer.Option(help="字段对应表，JSON：字段到列名")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不导入")] = False,
) -> None:
    """导入历史工单；逐行说明不能导入的原因，有问题时退出码为1。"""
    with _database(), db.unit_of_work() as session:
        done = importing.import_rows(
            session,
            rows=sheets.read_table(table.read_bytes(), name=table.name),
            heads=json.loads(fields.read_text(encoding="utf-8")) if fields else {},
            dry_run=dry_run,
            by=SYSTEM,
        )
    for line, problem in done.bad:
        typer.echo(f"第{line}行：{problem}", err=True)
    verb = "可以导入" if dry_run else "已导入"
    typer.echo(f"{verb} {done.made} 件，以前导入过 {done.known} 件，有问题 {len(done.bad)} 行。")
    if done.bad:
        raise typer.Exit(1)


@contextmanager
def _database() -> Iterator[None]:
    """The configured database for one command; what goes wrong becomes a sentence and an exit code."""
    db.bind(db.make_engine(get_settings().sql_url))
    try:
        yield
    except HotlineError as error:
        problem = error.message
    except OperationalError:
        problem = DATABASE_NOT_READY
    except (OSError, ValueError) as error:
        problem = f"文件读不出来或写不进去：{error}"
    else:
        return
    typer.echo(problem, err=True)
    raise typer.Exit(BAD_INPUT)
