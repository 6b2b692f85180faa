"""`callcenter kb …`: search the knowledge base, for one question or a table of them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from callcenter.core.errors import HotlineError, Invalid
from callcenter.knowledge.content import Content
from callcenter.knowledge.index import Index
from callcenter.knowledge.synonyms import SYNONYMS_FILE, load_synonyms
from callcenter.knowledge.table import read_entries, read_rows
from callcenter.settings import get_settings

app = typer.Typer(help="知识库:检索、评测、导入、导出", no_args_is_help=True)

ENTRIES_FILE = "knowledge.tsv"

Entries = Annotated[Path | None, typer.Option("--entries", help="条目文件;默认用城市样例 knowledge.tsv")]
Top = Annotated[int, typer.Option(min=1, max=20, help="最多几条")]


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="来电人的话")] = "",
    *,
    top: Top = 3,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
    table: Annotated[Path | None, typer.Option("--in", help="制表符分隔,至少有 id 和 query 两列")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="结果文件:id、answers;不写则输出到屏幕")] = None,
    entries: Entries = None,
) -> None:
    """按来电人的话找答案;没有够好的答案时为空。"""
    try:
        known = _entries(entries)
        index = _index(known)
        if table:
            _answer_table(index, table, out, top)
        elif text.strip():
            _answer_one(index, known, text, top, as_json)
        else:
            raise Invalid("请写出要查的话,或用 --in 指定问题文件。")
    except HotlineError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(2) from None


def _entries(path: Path | None) -> dict[str, Content]:
    return read_entries(path or get_settings().city_dir / ENTRIES_FILE)


def _index(entries: Mapping[str, Content]) -> Index:
    synonyms = load_synonyms(get_settings().rules_dir / SYNONYMS_FILE)
    return Index(synonyms, (content.document(entry_id) for entry_id, content in entries.items()))


def _answer_table(index: Index, table: Path, out: Path | None, top: int) -> None:
    lines = ["id\tanswers"]
    for row in read_rows(table, ("id", "query")):
        lines.append(f"{row['id']}\t{';'.join(match.id for match in index.search(row['query'], top=top))}")
    answers = "\n".join(lines) + "\n"
    if out is None:
        typer.echo(answers, nl=False)
        return
    try:
        out.write_text(answers, encoding="utf-8")
    except OSError:
        raise Invalid(f"无法写入 {out},请检查文件夹是否存在、有没有写入权限。") from None


def _answer_one(index: Index, entries: Mapping[str, Content], text: str, top: int, as_json: bool) -> None:
    matches = index.search(text, top=top)
    if as_json:
        answers = [
            {
                "id": match.id,
                "score": match.score,
                "question": entries[match.id].question,
                "answer": entries[match.id].answer,
                "owner_unit": entries[match.id].owner_unit,
                "topic": entries[match.id].topic,
                "basis": entries[match.id].basis,
            }
            for match in matches
        ]
        typer.echo(json.dumps({"query": text, "answers": answers}, ensure_ascii=False, indent=2))
    elif not matches:
        typer.echo("没有找到合适的答案。")
    else:
        for match in matches:
            typer.echo(f"{match.id}\t{entries[match.id].question}\n\t{entries[match.id].answer}")
