"""`callcenter metrics`: the figures of a period, each with what it is made of."""

import json
from datetime import date, datetime, time, timedelta
from typing import Annotated

import typer

from callcenter.core import db
from callcenter.core.clock import CHINA
from callcenter.core.errors import Invalid
from callcenter.reports import service
from callcenter.reports.metrics import GROUPINGS, VERSION
from callcenter.reports.schemas import FiguresOut
from callcenter.settings import get_settings


def metrics(
    since: Annotated[str, typer.Option("--from", help="起始日，如 2026-09-01")],
    until: Annotated[str, typer.Option("--to", help="截止日，含当日，如 2026-09-30")],
    by: Annotated[str | None, typer.Option(help=f"分组：{'、'.join(GROUPINGS)}")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出JSON")] = False,
) -> None:
    """打印一段日期的各项指标：分子、分母、未计入的和口径。"""
    begins, ends = days(since, until)
    db.bind(db.make_engine(get_settings().sql_url))
    with db.reading() as session:
        if by is None:
            groups = {"": service.figures(session, since=begins, until=ends)}
        else:
            groups = service.figures_by(session, since=begins, until=ends, by=by)
    if as_json:
        shown = {
            group: FiguresOut.of(figures.shown).model_dump(exclude={"version"}) for group, figures in groups.items()
        }
        said = {"from": since, "to": until, "version": VERSION, "by": by}
        typer.echo(json.dumps({**said, **({"groups": shown} if by else shown[""])}, ensure_ascii=False, indent=2))
        return
    typer.echo(f"{since} 至 {until}，指标口径 {VERSION} 版")
    for group, figures in groups.items():
        if by:
            typer.echo(f"\n【{GROUPINGS[by].name}：{group or '未填'}】")
        for figure in figures.all:
            typer.echo(f"{figure}\n    口径：{figure.definition}")


def days(since: str, until: str) -> tuple[datetime, datetime]:
    """From the first midnight to the one after the last day."""
    begins, ends = _midnight(since), _midnight(until) + timedelta(days=1)
    if begins >= ends:
        raise Invalid("截止日不能早于起始日，请检查后重试。")
    return begins, ends


def _midnight(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time.min, CHINA)
    except ValueError:
        raise Invalid(f"日期“{text}”看不懂，请写成 2026-09-30 这样。") from None
