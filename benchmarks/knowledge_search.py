"""Knowledge search at 1, 10 and 100 thousand entries beside SQLite FTS5 (trigram) and a LIKE scan.

    python -m benchmarks.knowledge_search [--sizes 1000 10000 100000]

Real entries: the sample city's, each indexed without its last phrasing, which is then asked for (recall at 3); and the
labelled spoken questions of tests/knowledge. Further entries are pieced together from the sample's own pairs of
characters and place names, so that they share its vocabulary. The trigram table gets every trigram of the question
joined with OR.
"""

import argparse
import csv
import random
import re
import resource
import sqlite3
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from callcenter.knowledge.index import Document, Index
from callcenter.knowledge.synonyms import SYNONYMS_FILE, load_synonyms
from callcenter.knowledge.table import ENTRIES_FILE, read_entries
from callcenter.settings import PROJECT_ROOT, get_settings

QUESTIONS = PROJECT_ROOT / "tests" / "knowledge" / "questions.tsv"
Asked = list[tuple[str, set[str]]]
Search = Callable[[str], list[str]]


@dataclass(frozen=True)
class Result:
    """One way of searching, measured."""

    name: str
    build_seconds: float
    milliseconds: list[float]
    phrasings: float
    spoken: float

    def line(self, size: int) -> str:
        p50, p99 = statistics.median(self.milliseconds), statistics.quantiles(self.milliseconds, n=100)[98]
        return (
            f"| {size} | {self.name} | {self.build_seconds:.1f} | {p50:.2f} | {p99:.2f}"
            f" | {self.phrasings:.1%} | {self.spoken:.1%} |"
        )


def material() -> tuple[list[Document], Asked]:
    """The sample entries without their last phrasing, and those phrasings."""
    entries = read_entries(get_settings().city_dir / ENTRIES_FILE)
    documents = [content.document(entry_id) for entry_id, content in entries.items()]
    asked = [(document.phrasings[-1], {document.id}) for document in documents]
    return [replace(document, phrasings=document.phrasings[:-1]) for document in documents], asked


def spoken_questions() -> Asked:
    """The labelled questions that have an answer."""
    with QUESTIONS.open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row["query"], set(row["answer"].split(";"))) for row in rows if row["answer"]]


def further(documents: list[Document], count: int) -> list[Document]:
    """Entries nobody asks for, made of the sample's clauses and the city's places."""
    chance = random.Random(12345)
    words = sorted({d.answer[i : i + 2] for d in documents for i in range(len(d.answer) - 1)})
    with (get_settings().city_dir / "gazetteer.tsv").open(encoding="utf-8") as file:
        places = [row["name"] for row in csv.DictReader(file, delimiter="\t")]

    def sentence() -> str:
        return chance.choice(places) + "".join(chance.choices(words, k=5)) + "怎么办"

    return [Document(f"X{n}", (sentence(), sentence()), tuple(chance.choices(words, k=3))) for n in range(count)]


def measure(name: str, search: Search, build_seconds: float, phrasings: Asked, spoken: Asked) -> Result:
    """Ask everything once to warm up and once for the clock."""
    times: list[float] = []

    def recall(asked: Asked) -> float:
        right = 0
        for text, answers in asked:
            started = time.perf_counter()
            found = search(text)
            times.append((time.perf_counter() - started) * 1000)
            right += bool(answers & set(found))
        return right / len(asked)

    for text, _ in phrasings[:20]:
        search(text)
    return Result(name, build_seconds, times, recall(phrasings), recall(spoken))


def ours(documents: list[Document]) -> tuple[Search, float]:
    started = time.perf_counter()
    index = Index(load_synonyms(get_settings().rules_dir / SYNONYMS_FILE), documents)
    return lambda text: [match.id for match in index.search(text)], time.perf_counter() - started


def table(documents: list[Document], declaration: str) -> tuple[sqlite3.Connection, float]:
    started = time.perf_counter()
    connection = sqlite3.connect(":memory:")
    connection.execute(declaration)
    connection.executemany(
        "INSERT INTO entry VALUES (?, ?)", ((d.id, " ".join((*d.phrasings, *d.keywords))) for d in documents)
    )
    return connection, time.perf_counter() - started


def trigram(documents: list[Document]) -> tuple[Search, float]:
    connection, seconds = table(
        documents, "CREATE VIRTUAL TABLE entry USING fts5(id UNINDEXED, text, tokenize='trigram')"
    )

    def search(text: str) -> list[str]:
        runs = re.findall(r"\w+", text)
        grams = " OR ".join(f'"{run[i : i + 3]}"' for run in runs for i in range(len(run) - 2))
        if not grams:
            return []
        query = "SELECT id FROM entry WHERE entry MATCH ? ORDER BY bm25(entry) LIMIT 3"
        return [row[0] for row in connection.execute(query, (grams,))]

    return search, seconds


def like(documents: list[Document]) -> tuple[Search, float]:
    connection, seconds = table(documents, "CREATE TABLE entry (id TEXT PRIMARY KEY, text TEXT)")

    def search(text: str) -> list[str]:
        rows = connection.execute("SELECT id FROM entry WHERE text LIKE ? LIMIT 3", (f"%{text}%",))
        return [row[0] for row in rows]

    return search, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    sample, phrasings = material()
    spoken = spoken_questions()
    print("| Entries | Search | Build s | p50 ms | p99 ms | Recall@3 phrasings | Recall@3 spoken |")
    print("|---|---|---|---|---|---|---|")
    for size in parser.parse_args().sizes:
        documents = sample + further(sample, size - len(sample))
        for name, build in (("callcenter", ours), ("FTS5 trigram", trigram), ("LIKE scan", like)):
            search, seconds = build(documents)
            print(measure(name, search, seconds, phrasings, spoken).line(size), flush=True)
    print(f"Peak memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
