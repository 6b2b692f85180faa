"""Rules alone and rules with statistics, on sentences the statistics have not learned: folds over labelled tables."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from callcenter.routing.engine import Engine
from callcenter.routing.evaluate import answer
from callcenter.routing.facts import Facts
from callcenter.routing.lessons import PRESSING, Row, questions

SEED = 12345
WAYS = ("规则", "规则与统计")
FIELDS = {"kind": "类型", "topic": "主题", "urgency": "紧急程度", "outcome": "结果", "lead_unit": "主办"}
MISHEARD_TWIN = "n"
"""W012n is W012 as a recogniser wrote it: both are in the same fold."""


@dataclass
class Comparison:
    """How many answers each way got right, and how many sentences there were."""

    sentences: int = 0
    right: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By way and field."""
    alarms: Counter[tuple[str, bool]] = field(default_factory=Counter)
    """Answers of 特急, by way and by whether they were right."""
    emergencies: int = 0

    def add(self, way: str, row: Row, given: dict[str, str]) -> None:
        """Count one sentence."""
        for name in FIELDS:
            self.right[way, name] += given[name] == row.get(name, "")
        if given["urgency"] == PRESSING:
            self.alarms[way, row.get("urgency") == PRESSING] += 1

    def lines(self) -> list[str]:
        """For people."""
        return [f"{way}\t{self._fields(way)}\t{self._alarms(way)}" for way in WAYS]

    def _fields(self, way: str) -> str:
        shares = (f"{shown} {self.right[way, name] / max(1, self.sentences):.1%}" for name, shown in FIELDS.items())
        return "  ".join(shares)

    def _alarms(self, way: str) -> str:
        others = self.sentences - self.emergencies
        return f"特急 {self.alarms[way, True]}/{self.emergencies}，误报 {self.alarms[way, False]}/{others}"


def cross_validate(engine: Engine, rows: Sequence[Row], *, folds: int = 5) -> Comparison:
    """The statistics learn from the other folds; the rules are the same in all, as nothing is fitted to sentences."""
    known = [row for row in rows if row.get("topic") in engine.city.topics]
    names = sorted({_name(row) for row in known})
    random.Random(SEED).shuffle(names)
    fold_of = {name: n % folds for n, name in enumerate(names)}
    comparison = Comparison(len(known), emergencies=sum(row.get("urgency") == PRESSING for row in known))
    alone = engine.taught([])
    for fold in range(folds):
        both = engine.taught([*questions(engine.city), *(row for row in known if fold_of[_name(row)] != fold)])
        for row in known:
            if fold_of[_name(row)] == fold:
                for way, asked in zip(WAYS, (alone, both), strict=True):
                    comparison.add(way, row, answer(asked.decide(Facts(row["utterance"]))))
    return comparison


def _name(row: Row) -> str:
    return row["id"].removesuffix(MISHEARD_TWIN)
