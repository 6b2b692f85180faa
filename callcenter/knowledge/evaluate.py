"""How good the search is on questions whose answers are known. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from callcenter.knowledge.index import Index


@dataclass
class Report:
    """Counts over a table of questions; `answer` holds the acceptable ids, none when there is no answer."""

    asked: int = 0
    first: int = 0
    found: int = 0
    """Right answer among the ones shown."""
    without: int = 0
    """Questions that have no answer."""
    empty: int = 0
    """Of these, how many got none."""
    wrong: list[tuple[str, str, str, str]] = field(default_factory=list)
    """id, question, right answers, answers given."""

    def lines(self) -> list[str]:
        """For people: each figure with what it is a share of."""
        return [
            _line("正确答案排第一", self.first, self.asked),
            _line("正确答案在所列之中", self.found, self.asked),
            _line("没有答案的给空", self.empty, self.without),
        ]


def evaluate(index: Index, rows: Iterable[dict[str, str]], *, top: int = 3) -> Report:
    """Ask every question of the table."""
    report = Report()
    for row in rows:
        right = [answer for answer in row["answer"].split(";") if answer]
        given = [match.id for match in index.search(row["query"], top=top)]
        found = bool(set(right) & set(given))
        if right:
            report.asked += 1
            report.found += found
            report.first += given[:1] != [] and given[0] in right
        else:
            report.without += 1
            report.empty += not given
        if not (found if right else not given):
            report.wrong.append((row["id"], row["query"], row["answer"], ";".join(given)))
    return report


def _line(name: str, count: int, of: int) -> str:
    return f"{name}\t{count}/{of}" + (f"\t{count / of:.1%}" if of else "")
