"""`callcenter rules …`: check a folder of rules, run them over a table, explain one text."""

from pathlib import Path
from typing import Annotated

import typer

from callcenter.core.errors import HotlineError
from callcenter.routing.crossvalidation import cross_validate
from callcenter.routing.documents import RuleSetError
from callcenter.routing.evaluate import FIELDS, confusion, evaluate, read_rows, to_table
from callcenter.routing.facts import Facts
from callcenter.routing.loader import RuleSet, load

app = typer.Typer(help="规则：检查、评测、解释", no_args_is_help=True)
DEFAULT = Path("routing_rules")
Folder = Annotated[Path, typer.Option("--rules", help="规则文件夹")]


def load_or_exit(folder: Path) -> RuleSet:
    """A good rule set, or its faults on the screen and status 1."""
    try:
        return load(folder)
    except RuleSetError as error:
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        typer.echo(f"规则有 {len(error.problems)} 处问题，没有采用。请改好后再检查。", err=True)
        raise typer.Exit(1) from None


@app.command()
def check(folder: Annotated[Path, typer.Argument(help="规则文件夹")] = DEFAULT) -> None:
    """检查规则文件，并运行每条规则的例句。"""
    rules = load_or_exit(folder)
    typer.echo(f"规则正确：{len(rules.rule_ids)} 条，版本 {rules.version}。")


@app.command("eval")
def eval_table(
    table: Annotated[Path, typer.Argument(help="制表符分隔，至少有 id 和 utterance 两列")],
    out: Annotated[Path | None, typer.Option(help="结果写到这个文件；不写则只报准确率")] = None,
    rules: Folder = DEFAULT,
    wrong: Annotated[bool, typer.Option(help="列出每个不一致")] = False,
    confused: Annotated[str, typer.Option("--confusion", help=f"列出这一项的混淆表：{'、'.join(FIELDS)}")] = "",
    spoke: Annotated[bool, typer.Option("--counts", help="列出每条规则命中几次")] = False,
) -> None:
    """对一张表逐句判定；表里有标注列时报告各项准确率。"""
    engine = load_or_exit(rules).engine
    try:
        results, report = evaluate(engine, read_rows(table))
        if out:
            out.write_text(to_table(results), encoding="utf-8")
    except HotlineError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        typer.echo(f"无法写入 {out}:{error.strerror}", err=True)
        raise typer.Exit(2) from None
    if out is None and not report.total:
        typer.echo(to_table(results), nl=False)
    for name in FIELDS:
        if report.total[name]:
            share = report.right[name] / report.total[name]
            typer.echo(f"{name}\t{report.right[name]}/{report.total[name]}\t{share:.1%}")
    if report.total["urgency"]:
        typer.echo(f"特急\t{report.alarms()}")
    for row in report.wrong if wrong else ():
        typer.echo("\t".join(row))
    for gold, given, times in confusion(report, confused) if confused else ():
        typer.echo(f"应为 {gold or '空'}\t判为 {given or '空'}\t{times}")
    for rule, times in report.spoke.most_common() if spoke else ():
        typer.echo(f"{rule}\t{times}")


@app.command("cross-validate")
def cross_validation(
    tables: Annotated[list[Path], typer.Argument(help="制表符分隔，有 id、utterance、topic 列的表，可以给几张")],
    rules: Folder = DEFAULT,
    folds: Annotated[int, typer.Option(min=2, max=20, help="分成几份")] = 5,
) -> None:
    """规则单独、规则加统计，在没有学过的句子上各对多少（分份轮流验证）。"""
    known = load_or_exit(rules)
    try:
        rows = [row for table in tables for row in read_rows(table)]
    except HotlineError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(2) from None
    for line in cross_validate(known.engine, rows, folds=folds).lines():
        typer.echo(line)


@app.command()
def explain(text: Annotated[str, typer.Argument(help="一段话")], rules: Folder = DEFAULT) -> None:
    """说明一段话会怎么判、为什么。"""
    engine = load_or_exit(rules).engine
    decision = engine.decide(Facts(text))
    names = {unit.id: unit.name for unit in engine.city.units.values()}
    typer.echo(f"类型 {decision.kind}  主题 {decision.topic}  紧急程度 {decision.urgency}")
    typer.echo(f"结果 {decision.outcome} {engine.city.outcomes.get(decision.outcome, '')}  时限 {decision.deadline}")
    helpers = "、".join(names.get(unit, unit) for unit in decision.co_units) or "无"
    typer.echo(f"主办 {names.get(decision.lead_unit, decision.lead_unit)}  协办 {helpers}")
    typer.echo(f"地点 {decision.town or '未说'}({decision.place_quality})  标记 {'、'.join(decision.flags) or '无'}")
    if decision.next_question:
        typer.echo(f"还要问：{decision.next_question}")
    for reason in decision.reasons:
        typer.echo(f"  {reason}")
