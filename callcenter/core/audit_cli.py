"""`callcenter audit verify`: whether the chain of audit entries is whole."""

import typer
from sqlalchemy import func, select

from callcenter.core import db
from callcenter.core.audit import AuditEntry, first_broken
from callcenter.settings import get_settings

app = typer.Typer(no_args_is_help=True, help="操作记录：核对哈希链")
BROKEN = 1


@app.callback()
def audit() -> None:
    """操作记录。"""


@app.command()
def verify() -> None:
    """逐条核对操作记录的哈希链；被改动过时指出第一条，状态为 1。"""
    db.bind(db.make_engine(get_settings().sql_url))
    with db.reading() as session:
        broken, count = first_broken(session), session.scalar(select(func.count(AuditEntry.id)))
    if broken is not None:
        typer.echo(f"操作记录从第 {broken} 条起与哈希链不符，可能被改动过，请保留现场并核对备份。", err=True)
        raise typer.Exit(BROKEN)
    typer.echo(f"操作记录完整：{count} 条，哈希链无误。")
