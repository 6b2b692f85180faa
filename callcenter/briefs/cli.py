"""`callcenter report`: build a report now, without a worker."""

from datetime import date
from typing import Annotated

import typer

from callcenter.briefs import service
from callcenter.briefs.jobs import build_report
from callcenter.briefs.models import ReportState
from callcenter.briefs.periods import ReportKind
from callcenter.core import db
from callcenter.core.errors import Invalid
from callcenter.core.security import SYSTEM
from callcenter.settings import get_settings


def report(
    kind: Annotated[ReportKind, typer.Option(help="daily、weekly、monthly、yearly 或 public")],
    day: Annotated[str, typer.Option(help="时段里的任一天，如 2026-09-30")],
) -> None:
    """生成一份报告（屏幕、Excel、Word、PDF），打印文件所在位置。"""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        raise Invalid(f"日期“{day}”看不懂，请写成 2026-09-30 这样。") from None
    db.bind(db.make_engine(get_settings().sql_url))
    with db.unit_of_work() as session:
        asked = service.ask(session, kind=kind, day=wanted, by=SYSTEM)
        if asked.state is ReportState.READY:
            service.build_again(session, report_id=asked.id, by=SYSTEM)
    build_report(asked.id)
    with db.reading() as session:
        built = service.one(session, report_id=asked.id, by=SYSTEM)
        if built.state is not ReportState.READY:
            raise Invalid(built.error or "报告正在由后台生成，请稍后在“报表”页查看。")
        for form in service.FORMATS:
            typer.echo(service.file_of(built, form))
