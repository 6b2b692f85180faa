"""`callcenter rules`: the workbench of the rules, and which of them give tickets that come back, from the database."""

from datetime import timedelta
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from callcenter.assist.returns import DEFINITION, by_rule
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.errors import Unavailable
from callcenter.core.security import SYSTEM
from callcenter.routing.workbench_cli import app as rules
from callcenter.settings import get_settings


@rules.command()
def returns(
    days: Annotated[int, typer.Option(min=1, max=3660, help="最近几天派出的工单")] = 90,
    all_rules: Annotated[bool, typer.Option("--all", help="也列出没有提示的规则")] = False,
) -> None:
    """退单率高的规则：按其建议派出的工单常被退回。"""
    db.bind(db.make_engine(get_settings().sql_url))
    until = now()
    try:
        with db.reading() as session:
            found = by_rule(session, since=until - timedelta(days=days), until=until, by=SYSTEM)
    except SQLAlchemyError:
        raise Unavailable("数据库不能用：请确认地址正确，并先运行 callcenter migrate。") from None
    typer.echo(DEFINITION)
    for entry in found:
        if all_rules or entry.is_flagged:
            mark = "提示" if entry.is_flagged else ""
            share = f"{len(entry.returned)}/{len(entry.dispatched)}\t{entry.rate:.1%}"
            typer.echo(f"{entry.rule}\t{share}\t{mark}\t{entry.says}")
