"""What the caller hears is what the keys mean."""

from pathlib import Path

import pytest
import yaml

from callcenter.settings import PROJECT_ROOT
from callcenter.surveys.questions import QUESTIONS, Question

pytestmark = pytest.mark.unit

PROMPTS = PROJECT_ROOT / "dialplan" / "sounds" / "zh" / "prompts.yaml"


def spoken(path: Path, name: str) -> str:
    text = yaml.safe_load(path.read_text(encoding="utf-8"))[name]
    return str(text)


@pytest.mark.parametrize("question", Question)
def test_the_prompt_offers_exactly_these_keys(question: Question) -> None:
    asked = QUESTIONS[question]
    text = spoken(PROMPTS, asked.prompt)
    for key, choice in asked.choices.items():
        assert f"{choice.text}请按{key}" in text
    assert text.count("请按") == len(asked.choices)


def test_the_dialplan_accepts_exactly_these_keys() -> None:
    survey = (PROJECT_ROOT / "dialplan" / "survey.conf").read_text(encoding="utf-8")
    for question, asked in QUESTIONS.items():
        assert f"({question},{asked.prompt},{''.join(asked.choices)})" in survey
