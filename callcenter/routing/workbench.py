"""A rule set on a body of texts: what speaks, what never does, what is in the way, what another set changes. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from callcenter.routing.engine import Engine
from callcenter.routing.evaluate import FIELDS, answer
from callcenter.routing.facts import Facts
from callcenter.routing.loader import RuleSet
from callcenter.routing.rules import Rule, Stage

EFFECTS = ("topic", "kind", "urgency", "outcome", "lead")
SHOWN = 40
"""Characters of a text that are shown."""


@dataclass
class Use:
    """How often a rule spoke, and how often it held but an earlier rule of its stage had spoken."""

    rule: str
    file: str
    line: int
    spoke: int = 0
    overruled_by: Counter[str] = field(default_factory=Counter)

    @property
    def state(self) -> str:
        """In use, dead, or shadowed by those before it."""
        if self.spoke:
            return "在用"
        return "被遮住" if self.overruled_by else "没有命中"


@dataclass(frozen=True)
class Conflict:
    """Two rules that hold together and say different things; the first one decides."""

    winner: str
    loser: str
    differs: str
    times: int
    sample: str


@dataclass(frozen=True)
class Change:
    """One field of one decision that another rule set decides otherwise."""

    id: str
    field: str
    before: str
    after: str
    gold: str
    """What is right, where the table says so."""
    text: str

    @property
    def verdict(self) -> str:
        """Better or worse, where it is known what is right."""
        if not self.gold:
            return ""
        return "变好" if self.after == self.gold else "变差" if self.before == self.gold else "都不对"


def coverage(rules: RuleSet, texts: Iterable[str]) -> list[Use]:
    """Every rule of the set, in the order of the files."""
    uses = {name: Use(name, document.name, line) for name, (document, line) in rules.origin.items()}
    for text in texts:
        decision, overruled = rules.engine.examine(Facts(text))
        for name in decision.rule_ids | {risk.rule for risk in decision.risks}:
            if name in uses:
                uses[name].spoke += 1
        for winner, loser in set(overruled):
            uses[loser].overruled_by[winner] += 1
    return list(uses.values())


def conflicts(rules: RuleSet, texts: Iterable[str]) -> list[Conflict]:
    """Pairs that met, the most frequent first; rules without a condition, which are meant to be last, left out."""
    by_id = {rule.id: rule for stage in Stage for rule in rules.source.rules.get(stage, [])}
    met: Counter[tuple[str, str]] = Counter()
    samples: dict[tuple[str, str], str] = {}
    for text in texts:
        _, overruled = rules.engine.examine(Facts(text))
        for pair in set(overruled):
            met[pair] += 1
            samples.setdefault(pair, text[:SHOWN])
    found = []
    for (winner, loser), times in met.most_common():
        differs = _difference(by_id[winner], by_id[loser])
        if differs and by_id[loser].when:
            found.append(Conflict(winner, loser, differs, times, samples[winner, loser]))
    return found


def compare(before: Engine, after: Engine, rows: Iterable[dict[str, str]]) -> list[Change]:
    """What the second set decides otherwise on these texts."""
    changes = []
    for row in rows:
        old, new = (answer(engine.decide(Facts(row["utterance"]))) for engine in (before, after))
        changes += [
            Change(row["id"], name, old[name], new[name], row.get(name, ""), row["utterance"][:SHOWN])
            for name in FIELDS
            if old[name] != new[name]
        ]
    return changes


def summary(changes: Iterable[Change]) -> dict[str, Counter[str]]:
    """By field: how many changed, how many for the better and the worse."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for change in changes:
        counted[change.field]["改变"] += 1
        if change.verdict:
            counted[change.field][change.verdict] += 1
    return counted


def _difference(winner: Rule, loser: Rule) -> str:
    """What the loser would have said otherwise."""
    told = ((name, getattr(winner, name), getattr(loser, name)) for name in EFFECTS)
    return "；".join(f"{name} {ours or '不定'}≠{theirs}" for name, ours, theirs in told if theirs and ours != theirs)
