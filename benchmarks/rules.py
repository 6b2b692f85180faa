"""Rules: time of one decision, of one more segment, of loading, with the sample city's rules and with a thousand.

python -m benchmarks.rules
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from callcenter.routing.engine import Engine
from callcenter.routing.evaluate import read_rows
from callcenter.routing.facts import Facts
from callcenter.routing.loader import load, read_documents, read_source
from callcenter.routing.rules import Condition, Rule, Stage

RULES = Path(__file__).resolve().parents[1] / "routing_rules"
ROUNDS = 20
PADDED_RULES = 1000
SEGMENT = 12
"""Characters of one segment of live text."""


def timed(actions: list[Callable[[], object]]) -> str:
    """Median and 99th percentile of all actions, in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        for action in actions:
            started = time.perf_counter()
            action()
            times.append((time.perf_counter() - started) * 1000)
    return f"p50 {statistics.median(times):.2f} ms, p99 {statistics.quantiles(times, n=100)[98]:.2f} ms"


def padded() -> Engine:
    """The sample rules with further signal rules, each of three conditions, up to a thousand rules."""
    source, origin = read_source(RULES, *read_documents(RULES))
    missing = PADDED_RULES - len(origin)
    extra = [
        Rule(
            id=f"pad-{number}",
            because="补足条数",
            when=[Condition(any=[f"词{number}甲", f"词{number}乙"], none=["没有的词"], no_flag=["没有的标记"])],
        )
        for number in range(missing)
    ]
    source.rules[Stage.SIGNAL].extend(extra)
    return Engine(source)


def main() -> None:
    started = time.perf_counter()
    engine = load(RULES).engine
    print(f"load, check and run all examples: {time.perf_counter() - started:.2f} s")
    texts = [row["utterance"] for row in read_rows(RULES / "city" / "examples.tsv")]
    print(f"one decision, sample rules: {timed([lambda t=t: engine.decide(Facts(t)) for t in texts])}")  # type: ignore[misc]
    big = padded()
    print(f"one decision, {PADDED_RULES} rules: {timed([lambda t=t: big.decide(Facts(t)) for t in texts])}")  # type: ignore[misc]
    talk = "".join(texts)[:1200]
    scan = engine.scan(talk)
    print(f"whole talk of {len(talk)} characters read anew: {timed([lambda: engine.scan(talk)])}")
    feeds = [lambda i=i: scan.feed(talk[i : i + SEGMENT]) for i in range(0, 600, SEGMENT)]  # type: ignore[misc]
    print(f"one more segment of {SEGMENT} characters on that talk: {timed(feeds[:3])}")


if __name__ == "__main__":
    main()
