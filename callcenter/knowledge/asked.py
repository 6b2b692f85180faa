"""What callers said when an entry was the answer, and what they say of matters that have none (`asked.tsv`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.core.errors import Invalid
from callcenter.knowledge.content import Content
from callcenter.knowledge.index import Document
from callcenter.knowledge.table import read_rows

ASKED_FILE = "asked.tsv"
ELSEWHERE = "-"
"""In the column `id`: the words of a matter that no entry answers."""


@dataclass(frozen=True)
class Asked:
    """Callers' words by entry id, and of matters without an entry."""

    of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    elsewhere: tuple[tuple[str, ...], ...] = ()

    def document(self, entry_id: str, content: Content) -> Document:
        """What the search needs of an entry."""
        return content.document(entry_id, asked=self.of.get(entry_id, ()))

    def foreign(self) -> list[Document]:
        """The matters without an entry, for the search to tell them from those that have one."""
        return [
            Document(f"{ELSEWHERE}{number}", (), asked=words, answers=False)
            for number, words in enumerate(self.elsewhere)
        ]


def read_asked(path: Path) -> Asked:
    """Read the file; a city without one has nothing but its entries."""
    if not path.exists():
        return Asked()
    known: dict[str, tuple[str, ...]] = {}
    elsewhere: list[tuple[str, ...]] = []
    for row in read_rows(path, ("id", "asked")):
        words = tuple(part.strip() for part in row["asked"].split(";") if part.strip())
        if row["id"] == ELSEWHERE:
            elsewhere.append(words)
        elif row["id"] in known:
            raise Invalid(f"{path} 里编号 {row['id']} 重复，请并成一行。")
        else:
            known[row["id"]] = words
    return Asked(known, tuple(elsewhere))
