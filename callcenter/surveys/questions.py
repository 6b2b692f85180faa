"""The questions of the survey: which prompt is spoken, what each key means. A test compares the prompts' texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Question(StrEnum):
    """Names as the dialplan reports them (`SurveyAnswer`, field Question)."""

    SATISFACTION = "satisfaction"
    SOLVED = "solved"


@dataclass(frozen=True)
class Choice:
    """One key: what pressing it says, and whether it counts for the rate."""

    text: str
    favourable: bool


@dataclass(frozen=True)
class Asked:
    """Name of the prompt (its text is in `dialplan/sounds/zh/prompts.yaml`) and the keys offered."""

    prompt: str
    choices: Mapping[str, Choice]


# Five levels, the last two of which are a bad mark, as in 政务服务"好差评" (国办发〔2019〕51号).
QUESTIONS: Mapping[Question, Asked] = {
    Question.SATISFACTION: Asked(
        prompt="survey-q1",
        choices={
            "1": Choice("很满意", favourable=True),
            "2": Choice("满意", favourable=True),
            "3": Choice("基本满意", favourable=True),
            "4": Choice("不满意", favourable=False),
            "5": Choice("很不满意", favourable=False),
        },
    ),
    Question.SOLVED: Asked(
        prompt="survey-q2",
        choices={"1": Choice("已解决", favourable=True), "2": Choice("未解决", favourable=False)},
    ),
}
