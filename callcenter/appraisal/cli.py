"""`callcenter appraise`: check the schemes, score units, see try another scheme or period, fact sheets."""

import json
from pathlib import Path
from typing import Annotated

import typer

from callcenter.appraisal import factsheet, service
from callcenter.appraisal.schemas import ChangeOut, FactSheetOut, ResultOut, SchemeOut, SheetOut
from callcenter.appraisal.scheme import Scheme, read, unit_kinds
from callcenter.appraisal.scoring import Change, Sheet
from callcenter.appraisal.service import Span
from callcenter.core import db
from callcenter.core.errors import Invalid
from callcenter.core.security import SYSTEM
from callcenter.reports.cli import days
from callcenter.routing.documents import RuleSetError
from callcenter.settings import get_settings

app = typer.Typer(no_args_is_help=True, help="考核：检查方案、打分、试算、单位事实清单")

From = Annotated[str, typer.Option("--from", help="起始日，如 2026-01-01")]
To = Annotated[str, typer.Option("--to", help="截止日，含当日")]
AsJson = Annotated[bool, typer.Option("--json", help="输出JSON")]
Code = Annotated[str, typer.Option("--scheme", help="考核方案代码，如 target")]


@app.command()
def check() -> None:
    """检查考核方案文件，错误写明文件、行和原因。"""
    try:
        found = service.schemes()
    except RuleSetError as error:
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None
    for scheme in found:
        typer.echo(f"{scheme.code}：{scheme.name}，{scheme.year} 年 {scheme.version} 版，{len(scheme.items)} 项指标")


@app.command()
def run(since: From, until: To, code: Code, as_json: AsJson = False) -> None:
    """给每个单位打分，列出每项指标的分子、分母和得分。"""
    scheme, span = service.scheme(code), _span(since, until)
    _bind()
    with db.reading() as session:
        found = service.run(session, scheme=scheme, span=span, by=SYSTEM)
    if as_json:
        shown = ResultOut(
            scheme=SchemeOut.of(scheme), since=span.since, until=span.until, sheets=[SheetOut.of(s) for s in found]
        )
        typer.echo(shown.model_dump_json(indent=2))
        return
    typer.echo(f"{scheme.name}（{scheme.year} 年 {scheme.version} 版），{since} 至 {until}")
    for sheet in found:
        typer.echo(_spoken(sheet))


@app.command()
def compare(
    *,
    since: From,
    until: To,
    code: Code,
    other: Annotated[str, typer.Option("--with", help="另一方案的代码，或方案文件")] = "",
    with_since: Annotated[str, typer.Option("--with-from", help="另一时段的起始日；不写则同一时段")] = "",
    with_until: Annotated[str, typer.Option("--with-to", help="另一时段的截止日")] = "",
    as_json: AsJson = False,
) -> None:
    """试算：换一个方案、版本或时段，各单位的得分、名次、档次怎样变。"""
    before = (service.scheme(code), _span(since, until))
    after = (_other(other) if other else before[0], _span(with_since or since, with_until or until))
    _bind()
    with db.reading() as session:
        changes = service.simulate(session, before=before, after=after, by=SYSTEM)
    if as_json:
        typer.echo(json.dumps([ChangeOut.of(c).model_dump(mode="json") for c in changes], ensure_ascii=False, indent=2))
        return
    for change in changes:
        typer.echo(_change(change))


@app.command()
def facts(since: From, until: To, unit: Annotated[str, typer.Option(help="单位编号")]) -> None:
    """一个单位的事实清单（述职用），JSON。"""
    span = _span(since, until)
    _bind()
    with db.reading() as session:
        sheet = factsheet.of_unit(session, unit_id=unit, span=span, by=SYSTEM)
        typer.echo(FactSheetOut.of(sheet).model_dump_json(indent=2))


def _other(name: str) -> Scheme:
    """A scheme by its code, or a draft that is not in the folder yet."""
    if not name.endswith(".yaml"):
        return service.scheme(name)
    try:
        return read(Path(name), unit_kinds(get_settings().city_dir))
    except OSError as error:
        raise Invalid(f"方案文件 {name} 读不出来：{error.strerror}。") from error
    except RuleSetError as error:
        raise Invalid(f"方案文件有错：{error.problems[0]}。") from error


def _spoken(sheet: Sheet) -> str:
    score = f"{sheet.total:.2f} 分，第 {sheet.rank} 名，{sheet.tier}" if sheet.total is not None else "不评分"
    lines = [f"{sheet.group} {sheet.unit_name}：{score}{f'（{sheet.note}）' if sheet.note else ''}"]
    for line in sheet.lines:
        earned = f"{line.points:.2f}/{line.weight:g} 分" if line.points is not None else line.note
        lines.append(f"    {line.figure if line.figure.name else line.figure.code}：{earned}")
    lines += [f"    {extra.name} {extra.count}：{extra.points:+.2f} 分" for extra in sheet.extras if extra.points]
    return "\n".join(lines)


def _change(change: Change) -> str:
    def said(sheet: Sheet | None) -> str:
        if sheet is None:
            return "不在范围"
        return f"{sheet.total:.2f} 第{sheet.rank}名 {sheet.tier}" if sheet.total is not None else "不评分"

    points = "" if change.points is None else f"（{change.points:+.2f}）"
    return f"{change.unit_name}：{said(change.before)} → {said(change.after)}{points}"


def _span(since: str, until: str) -> Span:
    return Span(*days(since, until))


def _bind() -> None:
    db.bind(db.make_engine(get_settings().sql_url))
