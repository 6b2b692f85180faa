"""The shape of rule files: what a clerk may write, checked before any call meets it.

Stages run in the order of `Stage`. In the stages `emergency`, `kind`, `urgency` and `outcome` the first rule
that fits decides; in `topic` the highest score does; `signal`, `units` and `risk` apply every rule that fits.
"""

from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Stage(StrEnum):
    """The steps of a decision, in order."""

    SIGNAL = "signal"
    EMERGENCY = "emergency"
    TOPIC = "topic"
    KIND = "kind"
    URGENCY = "urgency"
    OUTCOME = "outcome"
    UNITS = "units"
    RISK = "risk"


class Strict(BaseModel):
    """Refuses unknown keys, so that a typing error is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Range(Strict):
    """At least `min`, at most `max`."""

    min: float | None = None
    max: float | None = None

    def holds(self, value: float) -> bool:
        """Whether the value lies in the range."""
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)


class Condition(Strict):
    """All keys given must hold."""

    any: list[str] = Field(default=[], description="说到其中任一")
    all: list[str] = Field(default=[], description="每个都说到")
    none: list[str] = Field(default=[], description="一个都没说到")
    asserted: list[str] = Field(default=[], description="说到其中任一，且不是否定、假设、过去或演练")
    topic: list[str] = Field(default=[], description="主题，写一级名即包含其下各主题")
    not_topic: list[str] = []
    sounds_like: list[str] = Field(default=[], description="统计上像是这些险情，且像是正在发生")
    plainly: list[str] = Field(default=[], description="统计上分明就是其中一种险情，不看有没有说到哪个词")
    kind: list[str] = []
    typical_kind: list[str] = Field(default=[], description="主题表里该主题的通常类型")
    urgency: list[str] = []
    outcome: list[str] = []
    onsite: bool | None = Field(default=None, description="主题是不是现场事项")
    flags: list[str] = Field(default=[], description="每个标记都有")
    any_flag: list[str] = Field(default=[], description="有其中任一标记")
    no_flag: list[str] = []
    place: list[str] = Field(default=[], description="地点清楚程度 exact/partial/vague/none")
    place_kind: list[str] = Field(default=[], description="说到的地名类别 road/estate/village/…")
    town: list[str] = []
    town_known: bool | None = None
    outside: bool | None = Field(default=None, description="只说到外地地名")
    parts: Range | None = Field(default=None, description="互不相干的事有几件")
    people: Range | None = Field(default=None, description="涉及人数或户数")
    amount: Range | None = Field(default=None, description="涉及金额（元）")
    repeat_calls: Range | None = None
    hours: str = Field(default="", pattern=r"^(\d\d:\d\d-\d\d:\d\d)?$")
    months: list[int] = []
    line: list[str] = []
    cel: str = Field(default="", description="一个 CEL 表达式，用于上面写不出的条件")


class Rule(Strict):
    """When the condition (or one of several) holds, the effects apply."""

    id: str = Field(min_length=1)
    because: str = Field(min_length=1, description="给人看的理由")
    when: list[Condition] = []
    flags: list[str] = []
    topic: str = ""
    kind: str = ""
    urgency: str = ""
    outcome: str = ""
    lead: str = ""
    co: list[str] | None = Field(default=None, description="代替通常的协办")
    add_co: list[str] = []
    examples: list[str] = []
    not_: list[str] = Field(default=[], alias="not")

    @model_validator(mode="before")
    @classmethod
    def _one_condition_is_a_list(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("when"), dict):
            return {**data, "when": [data["when"]]}
        return data


class TopicRule(Strict):
    """Words of a topic in three weights. The topic with the highest sum wins."""

    id: str = ""
    topic: str
    decisive: list[str] = Field(default=[], description="一说到基本就是")
    strong: list[str] = []
    weak: list[str] = []
    none: list[str] = Field(default=[], description="说到其中任一就不是")
    onsite: bool = Field(default=False, description="现场事项：到不了现场就办不了")
    examples: list[str] = []
    not_: list[str] = Field(default=[], alias="not")

    @model_validator(mode="after")
    def _has_words(self) -> Self:
        if not (self.decisive or self.strong or self.weak):
            raise ValueError("一个词都没有，永远不会命中")
        return self


class RuleFile(Strict):
    """One file of rules of one stage."""

    stage: Stage
    rules: list[Rule] = []
    topics: list[TopicRule] = []

    @model_validator(mode="after")
    def _fits_stage(self) -> Self:
        if self.stage is Stage.TOPIC and self.rules:
            raise ValueError("topic 阶段的文件请用 topics: 列出主题")
        if self.stage is not Stage.TOPIC and self.topics:
            raise ValueError("topics: 只能写在 topic 阶段的文件里")
        return self


class Mood(Strict):
    """Words that say something did not happen, might happen, or is over, and how near they must stand."""

    words: list[str]
    before: int = Field(default=0, description="在前面几个字以内")
    around: int = Field(default=0, description="在前后几个字以内")
    inside: bool = Field(default=False, description="夹在一个搭配的两部分之间也算（电线怕会着火）")
    unless: list[str] = Field(default=[], description="说到其中任一就不算")


class LexiconFile(Strict):
    """Named word groups for use in all rules, and phrases whose inner words mean nothing."""

    concepts: dict[str, list[str]]
    masks: list[str] = []
    moods: dict[str, Mood] = {}


class PlaceWords(Strict):
    """The words by which places are read (places.yaml)."""

    vague: list[str]
    exact: list[str]
    residence: list[str]
    event: list[str]


class ElementsFile(Strict):
    """The question to ask for each missing element (elements.yaml)."""

    questions: dict[str, str]
    demand: list[str] = Field(description="来电人说了想要什么")
    when: list[str] = Field(description="来电人说了什么时候")
