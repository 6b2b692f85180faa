"""`callcenter kb …`: search the knowledge base, measure the search, import and export entries."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from callcenter.core import db
from callcenter.core.clock import local, now
from callcenter.core.errors import Invalid, Unavailable
from callcenter.core.security import SYSTEM
from callcenter.knowledge.asked import ASKED_FILE, read_asked
from callcenter.knowledge.content import Content
from callcenter.knowledge.evaluate import evaluate
from callcenter.knowledge.index import Index
from callcenter.knowledge.service import transfer
from callcenter.knowledge.synonyms import SYNONYMS_FILE, load_synonyms
from callcenter.knowledge.table import ENTRIES_FILE, read_entries, read_rows, to_table
from callcenter.settings import get_settings

app = typer.Typer(help="知识库：检索、评测、导入、导出", no_args_is_help=True)

Entries = Annotated[Path | None, typer.Option("--entries", help="条目文件；默认用城市样例 knowledge.tsv")]
Database = Annotated[bool, typer.Option("--database", help="用数据库中已发布、今天有效的条目，不用文件")]
Top = Annotated[int, typer.Option(min=1, max=20, help="最多几条")]


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="来电人的话")] = "",
    *,
    top: Top = 3,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
    table: Annotated[Path | None, typer.Option("--in", help="制表符分隔，至少有 id 和 query 两列")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="结果文件：id、answers；不写则输出到屏幕")] = None,
    entries: Entries = None,
    database: Database = False,
) -> None:
    """按来电人的话找答案；没有够好的答案时为空。"""
    if not table and not text.strip():
        raise Invalid("请写出要查的话，或用 --in 指定问题文件。")
    if table and text.strip():
        raise Invalid("要查的话和 --in 只能给一样。")
    known = _entries(entries, database)
    index = _index(known)
    if table:
        _answer_table(index, table, out, top)
    else:
        _answer_one(index, known, text, top, as_json)


@app.command("eval")
def evaluate_table(
    table: Annotated[Path, typer.Argument(help="制表符分隔：id、query、answer；answer 为空表示应当没有答案")],
    *,
    top: Top = 3,
    entries: Entries = None,
    database: Database = False,
    wrong: Annotated[bool, typer.Option(help="列出每个不一致")] = False,
) -> None:
    """用标好答案的问题测检索。"""
    rows = read_rows(table, ("id", "query", "answer"))
    report = evaluate(_index(_entries(entries, database)), rows, top=top)
    for line in report.lines():
        typer.echo(line)
    for miss in report.wrong if wrong else ():
        typer.echo("\t".join(miss))


@app.command("import")
def import_table(
    table: Annotated[Path, typer.Argument(help="条目文件，列同 knowledge.tsv")],
    *,
    publish: Annotated[bool, typer.Option(help="已在别处审核，直接发布；不写则存为草稿")] = False,
) -> None:
    """把条目文件载入数据库；与现有内容相同的不动。"""
    entries = read_entries(table)
    db.bind(db.make_engine(get_settings().sql_url))
    try:
        with db.unit_of_work() as session:
            changed = transfer.import_entries(session, entries=entries, by=SYSTEM, in_force=publish)
    except SQLAlchemyError:
        raise _no_database() from None
    typer.echo(f"共 {len(entries)} 条，新增或修改 {changed} 条，{'已发布' if publish else '存为草稿'}。")


@app.command("export")
def export_table(
    out: Annotated[Path | None, typer.Argument(help="写到这个文件；不写则输出到屏幕")] = None,
) -> None:
    """导出数据库中已发布的条目。"""
    _write(out, to_table(_published()))


def _entries(path: Path | None, database: bool) -> dict[str, Content]:
    if not database:
        return read_entries(path or get_settings().city_dir / ENTRIES_FILE)
    today = local(now()).date()
    return {entry_id: content for entry_id, content in _published().items() if content.holds_on(today)}


def _published() -> dict[str, Content]:
    db.bind(db.make_engine(get_settings().sql_url))
    try:
        with db.reading() as session:
            entries = transfer.published(session)
    except SQLAlchemyError:
        raise _no_database() from None
    if not entries:
        raise Invalid("数据库里还没有已发布的条目，请先用 callcenter kb import 载入。")
    return entries


def _no_database() -> Unavailable:
    return Unavailable("数据库不能用：请确认地址正确，并先运行 callcenter migrate 和 callcenter seed。")


def _index(entries: Mapping[str, Content]) -> Index:
    synonyms = load_synonyms(get_settings().rules_dir / SYNONYMS_FILE)
    asked = read_asked(get_settings().city_dir / ASKED_FILE)
    documents = [asked.document(entry_id, content) for entry_id, content in entries.items()]
    return Index(synonyms, [*documents, *asked.foreign()])


def _answer_table(index: Index, table: Path, out: Path | None, top: int) -> None:
    lines = ["id\tanswers"]
    for row in read_rows(table, ("id", "query")):
        lines.append(f"{row['id']}\t{';'.join(match.id for match in index.search(row['query'], top=top))}")
    _write(out, "\n".join(lines) + "\n")


def _write(out: Path | None, text: str) -> None:
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError:
        raise Invalid(f"无法写入 {out}，请检查文件夹是否存在、有没有写入权限。") from None


def _answer_one(index: Index, entries: Mapping[str, Content], text: str, top: int, as_json: bool) -> None:
    matches = index.search(text, top=top)
    if as_json:
        answers = [{"id": match.id, "score": match.score} | _shown(entries[match.id]) for match in matches]
        typer.echo(json.dumps({"query": text, "answers": answers}, ensure_ascii=False, indent=2))
    elif not matches:
        typer.echo("没有找到合适的答案。")
    else:
        for match in matches:
            typer.echo(f"{match.id}\t{entries[match.id].question}\n\t{entries[match.id].answer}")


def _shown(content: Content) -> dict[str, str]:
    return {name: getattr(content, name) for name in ("question", "answer", "owner_unit", "topic", "basis")}
