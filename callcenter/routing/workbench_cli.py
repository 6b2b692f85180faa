"""`callcenter rules diff|coverage|conflicts|publish|history|rollback`: the workbench beside check, eval and explain."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from callcenter.core import db
from callcenter.core.clock import CHINA, local, now
from callcenter.core.errors import Invalid, Unavailable
from callcenter.core.security import Actor, Role
from callcenter.routing import catalogue, publishing
from callcenter.routing.cli import DEFAULT, Folder, app, load_or_exit
from callcenter.routing.evaluate import read_rows
from callcenter.routing.service import texts_of_calls
from callcenter.routing.workbench import compare, conflicts, coverage, summary
from callcenter.settings import get_settings

Tables = Annotated[list[Path] | None, typer.Argument(help="有 id、utterance 列的表；不写则用城市的例句")]
History = Annotated[int, typer.Option("--history", min=0, help="再加上最近几通电话的原话（要数据库）")]
Reason = Annotated[str, typer.Option("--reason", help="理由")]
Author = Annotated[str, typer.Option("--author", help="发布人")]
EXAMPLES = "city/examples.tsv"


@app.command("diff")
def difference(
    before: Annotated[Path, typer.Argument(help="现在的规则文件夹")],
    after: Annotated[Path, typer.Argument(help="改过的规则文件夹")],
    table: Annotated[Path | None, typer.Option("--on", help="在这张表上比；不写则用前者的城市例句")] = None,
    history: History = 0,
    shown: Annotated[int, typer.Option("--show", min=0, help="最多列出几处")] = 50,
) -> None:
    """两套规则在同样的话上有哪些判定不同；表里有标注时说明变好还是变差。"""
    old, new = load_or_exit(before).engine, load_or_exit(after).engine
    rows = _rows([table] if table else None, before, history)
    changes = compare(old, new, rows)
    typer.echo(f"{len(rows)} 句中 {len({change.id for change in changes})} 句的判定有变。")
    for name, counted in summary(changes).items():
        typer.echo(f"{name}\t" + "\t".join(f"{what} {times}" for what, times in counted.items()))
    for change in changes[:shown]:
        said = f"\t{change.verdict}" if change.verdict else ""
        typer.echo(
            f"{change.id}\t{change.field}\t{change.before or '空'} → {change.after or '空'}{said}\t{change.text}"
        )


@app.command("catalogue")
def catalogue_difference(
    before: Annotated[Path, typer.Argument(help="现在的规则文件夹")],
    after: Annotated[Path, typer.Argument(help="改过的规则文件夹")],
) -> None:
    """两版派单目录逐行比较：哪个主题、哪条例外的主办协办变了。"""
    changes = catalogue.diff(load_or_exit(before), load_or_exit(after))
    for change in changes:
        fields = "；".join(f"{name} {old or '空'} → {new or '空'}" for name, (old, new) in change.fields.items())
        typer.echo(f"{change.what}\t{change.kind}\t{change.key}\t{fields}")
    typer.echo(f"派单目录有 {len(changes)} 行不同。")


@app.command("coverage")
def coverage_of(
    tables: Tables = None,
    rules: Folder = DEFAULT,
    history: History = 0,
    all_rules: Annotated[bool, typer.Option("--all", help="也列出在用的规则")] = False,
) -> None:
    """每条规则命中几次；没有命中的、被前面规则遮住的。"""
    rows = _rows(tables, rules, history)
    uses = coverage(load_or_exit(rules), [row["utterance"] for row in rows])
    quiet = [use for use in uses if not use.spoke]
    shadowed = sum(bool(use.overruled_by) for use in quiet)
    spoke, dead = len(uses) - len(quiet), len(quiet) - shadowed
    typer.echo(f"{len(rows)} 句，{len(uses)} 条规则：在用 {spoke}，没有命中 {dead}，被遮住 {shadowed}。")
    for use in sorted(uses, key=lambda use: -use.spoke) if all_rules else quiet:
        by = f"\t被 {'、'.join(name for name, _ in use.overruled_by.most_common(3))}" if use.overruled_by else ""
        typer.echo(f"{use.state}\t{use.spoke}\t{use.rule}\t{use.file}:{use.line}{by}")


@app.command("conflicts")
def conflicts_of(tables: Tables = None, rules: Folder = DEFAULT, history: History = 0) -> None:
    """同时成立、说法却不同的规则；先写的说了算。"""
    rows = _rows(tables, rules, history)
    found = conflicts(load_or_exit(rules), [row["utterance"] for row in rows])
    typer.echo(f"{len(rows)} 句中有 {len(found)} 对规则相冲突。")
    for pair in found:
        typer.echo(f"{pair.times}\t{pair.winner} 先于 {pair.loser}\t{pair.differs}\t{pair.sample}")


@app.command("publish")
def publish(
    folder: Annotated[Path, typer.Argument(help="要发布的规则文件夹")],
    reason: Reason,
    author: Author,
    effective: Annotated[str, typer.Option("--effective", help="生效时刻，如 2026-12-01T00:00；不写立即生效")] = "",
) -> None:
    """检查后发布：记下发布人、理由和生效时刻，保存全部文件。"""
    with _database() as session:
        row = publishing.publish(
            session,
            files=publishing.read_files(folder),
            folder=get_settings().rules_dir,
            reason=reason,
            effective_at=_moment(effective),
            by=_by(author),
        )
        state = "已生效" if row.applied_at else f"将于 {local(row.effective_at):%Y-%m-%d %H:%M} 生效"
        typer.echo(f"发布 {row.id}：版本 {row.version}，{state}。")


@app.command("history")
def history_of(limit: Annotated[int, typer.Option(min=1, max=200)] = 20) -> None:
    """发布过的规则，新的在前。"""
    with _database() as session:
        for row in publishing.history(session, limit=limit):
            state = "取消" if row.cancelled_at else "生效" if row.applied_at else "待生效"
            back = f"，退回到 {row.restores_id}" if row.restores_id else ""
            when = f"{local(row.effective_at):%Y-%m-%d %H:%M}"
            typer.echo(f"{row.id}\t{row.version}\t{when}\t{state}\t{row.author_name}\t{row.reason}{back}")


@app.command("rollback")
def roll_back(
    publication: Annotated[int, typer.Argument(help="要退回到的发布编号，见 history")], reason: Reason, author: Author
) -> None:
    """把从前生效过的一套规则换回来，立即生效。"""
    with _database() as session:
        row = publishing.roll_back(
            session, publication_id=publication, folder=get_settings().rules_dir, reason=reason, by=_by(author)
        )
        typer.echo(f"发布 {row.id}：已退回到 {publication} 的规则，版本 {row.version}。")


def _rows(tables: list[Path] | None, rules: Path, history: int) -> list[dict[str, str]]:
    """The rows of the tables (or of the city's examples), and the words of past calls."""
    rows = [row for table in tables or [rules / EXAMPLES] for row in read_rows(table)]
    if history:
        with _database() as session:
            rows += [{"id": call_id, "utterance": text} for call_id, text in texts_of_calls(session, limit=history)]
    return rows


def _by(author: str) -> Actor:
    """Somebody at the machine itself: they may, and are on record by name."""
    if not author.strip():
        raise Invalid("请写明发布人。")
    return Actor(user_id=None, name=author.strip(), roles=frozenset({Role.SYSTEM}))


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(f"时刻“{text}”应写成 2026-12-01T00:00。") from None
    at = at if at.tzinfo else at.replace(tzinfo=CHINA)
    if at < now():
        raise Invalid("生效时刻已经过去，请写将来的时刻，或不写而立即生效。")
    return at


@contextmanager
def _database() -> Iterator[Session]:
    db.bind(db.make_engine(get_settings().sql_url))
    try:
        with db.unit_of_work() as session:
            yield session
    except SQLAlchemyError:
        raise Unavailable("数据库不能用：请确认地址正确，并先运行 callcenter migrate。") from None
