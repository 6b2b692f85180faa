"""One decision with 1,000 rules: ours beside the packages rule-engine and zen-engine on the same conditions.

    python -m venv X && X/bin/pip install -r benchmarks/requirements.txt
    python -m benchmarks.rule_engines --python X/bin/python

Each rule holds when one of two words is said, a third is not, and at least so many people are concerned; all rules
that hold are wanted. The three must name the same rules for every text, or the benchmark stops. The packages run in
their own environment (`--only`), never in the product's.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RULES, TEXTS, ROUNDS = 1_000, 60, 3
CHARACTERS = "路灯停水噪声工地垃圾公园学校医院社保房产电梯物业快递老人孩子邻居车位道路河流食品价格合同工资"
Decide = Callable[[str, int], list[str]]


@dataclass(frozen=True)
class Given:
    """One rule: either word, not the third, at least so many people."""

    name: str
    first: str
    second: str
    absent: str
    people: int


def material() -> tuple[list[Given], list[tuple[str, int]]]:
    """The rules, and texts that a few of them fit; the same in every environment."""
    chance = random.Random(12345)
    words = sorted({"".join(chance.sample(CHARACTERS, 2)) for _ in range(1_500)})
    rules = [Given(f"r{n:04d}", *chance.sample(words, 3), people=chance.randint(1, 9)) for n in range(RULES)]
    texts = [("，".join(chance.choices(words, k=12)), chance.randint(1, 9)) for _ in range(TEXTS)]
    return rules, texts


def ours(rules: list[Given]) -> Decide:
    from dataclasses import replace

    from callcenter.routing.engine import Engine
    from callcenter.routing.facts import Facts
    from callcenter.routing.loader import read_documents, read_source
    from callcenter.routing.rules import Condition, Range, Rule, Stage

    source, _ = read_source(ROOT / "routing_rules", *read_documents(ROOT / "routing_rules"))
    made = [
        Rule(
            id=rule.name,
            because="比较用",
            when=[Condition(any=[rule.first, rule.second], none=[rule.absent], people=Range(min=rule.people))],
        )
        for rule in rules
    ]
    engine = Engine(replace(source, rules={Stage.SIGNAL: made}, topics=[]))

    def decide(text: str, people: int) -> list[str]:
        reasons = engine.decide(Facts(f"{text}。{people}人")).reasons
        return [reason.rule for reason in reasons if reason.rule.startswith("r")]

    return decide


def by_rule_engine(rules: list[Given]) -> Decide:
    import rule_engine  # type: ignore[import-not-found]

    compiled = [(rule.name, rule_engine.Rule(_python_like(rule))) for rule in rules]
    return lambda text, people: [name for name, rule in compiled if rule.matches({"text": text, "people": people})]


def by_zen_engine(rules: list[Given]) -> Decide:
    import zen  # type: ignore[import-not-found]

    rows = [
        {"_id": rule.name, "words": _zen_like(rule), "people": f">= {rule.people}", "out": f'"{rule.name}"'}
        for rule in rules
    ]
    at = {"x": 0, "y": 0}
    table = {
        "hitPolicy": "collect",
        "inputs": [{"id": "words", "name": "words"}, {"id": "people", "name": "people", "field": "people"}],
        "outputs": [{"id": "out", "name": "out", "field": "rule"}],
        "rules": rows,
    }
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in", "position": at},
        {"id": "table", "type": "decisionTableNode", "name": "table", "position": at, "content": table},
        {"id": "out", "type": "outputNode", "name": "out", "position": at},
    ]
    edges = [
        {"id": "1", "sourceId": "in", "targetId": "table", "type": "edge"},
        {"id": "2", "sourceId": "table", "targetId": "out", "type": "edge"},
    ]
    decision = zen.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))
    return lambda text, people: [row["rule"] for row in decision.evaluate({"text": text, "people": people})["result"]]


ENGINES: dict[str, Callable[[list[Given]], Decide]] = {
    "callcenter": ours,
    "rule-engine": by_rule_engine,
    "zen-engine": by_zen_engine,
}


def _python_like(rule: Given) -> str:
    said = f'("{rule.first}" in text or "{rule.second}" in text)'
    return f'{said} and not ("{rule.absent}" in text) and people >= {rule.people}'


def _zen_like(rule: Given) -> str:
    said = f'(contains(text, "{rule.first}") or contains(text, "{rule.second}"))'
    return f'{said} and not contains(text, "{rule.absent}")'


@dataclass(frozen=True)
class Result:
    """One engine, measured."""

    name: str
    build_seconds: float
    p50_ms: float
    p99_ms: float
    named: list[list[str]]
    """The rules that held, text by text."""


def measure(name: str) -> Result:
    rules, texts = material()
    started = time.perf_counter()
    decide = ENGINES[name](rules)
    built = time.perf_counter() - started
    named = [sorted(decide(*text)) for text in texts]
    times = []
    for _ in range(ROUNDS):
        for text in texts:
            started = time.perf_counter()
            decide(*text)
            times.append((time.perf_counter() - started) * 1000)
    return Result(name, built, statistics.median(times), statistics.quantiles(times, n=100)[98], named)


def elsewhere(python: str, name: str) -> Result:
    """The same in another environment."""
    command = [python, str(Path(__file__).resolve()), "--only", name]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout
    return Result(**json.loads(said))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", help="an environment that has rule-engine and zen-engine")
    parser.add_argument("--only", choices=ENGINES, help="measure one here and print it as JSON")
    given = parser.parse_args()
    if given.only:
        json.dump(asdict(measure(given.only)), sys.stdout)
        return
    results = [measure("callcenter")]
    if given.python:
        results += [elsewhere(given.python, name) for name in ENGINES if name != "callcenter"]
    print("| Engine | Build s | p50 ms | p99 ms | beside ours (p50) |")
    print("|---|---|---|---|---|")
    for result in results:
        if result.named != results[0].named:
            raise SystemExit(f"{result.name} names other rules than ours: not the same work")
        times = f"{result.build_seconds:.2f} | {result.p50_ms:.2f} | {result.p99_ms:.2f}"
        print(f"| {result.name} | {times} | {result.p50_ms / results[0].p50_ms:.1f} x |")
    print(f"{RULES} rules, {TEXTS} texts, {sum(map(len, results[0].named)) / TEXTS:.1f} rules hold for a text")


if __name__ == "__main__":
    main()
