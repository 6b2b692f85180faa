"""The sample city's rules, loaded once, and a small rule folder that tests may break."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from callcenter.routing.engine import Engine
from callcenter.routing.facts import Decision, Facts
from callcenter.routing.loader import RuleSet, load

RULES = Path(__file__).resolve().parents[2] / "routing_rules"


@pytest.fixture(scope="session")
def rules() -> RuleSet:
    return load(RULES)


@pytest.fixture(scope="session")
def rule_engine(rules: RuleSet) -> Engine:
    return rules.engine


@pytest.fixture(scope="session")
def decide(rule_engine: Engine) -> Callable[..., Decision]:
    return lambda text, **facts: rule_engine.decide(Facts(text, **facts))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the rule files to break."""
    for part in ("dispatch", "city"):
        shutil.copytree(RULES / part, tmp_path / part)
    return tmp_path
