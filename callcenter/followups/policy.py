"""When, how often and how fast citizens are called back: the city's own settings, read with line and message."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from callcenter.core.clock import local
from callcenter.core.errors import Invalid
from callcenter.workdays.arithmetic import Calendar, DayKind, OfficeHours

FOLDER = "callbacks"
POLICY_FILE = "policy.yaml"
PLACEHOLDERS = ("{number}", "{link}", "{days}")


@dataclass(frozen=True)
class Policy:
    """Hours and numbers of tries."""

    hours: OfficeHours
    working_days_only: bool
    most_attempts: int
    spacing_minutes: int
    busy_spacing_minutes: int
    lines: int
    per_minute: int
    claim_minutes: int
    sms_days: int
    sms_text: str

    @property
    def spacing(self) -> timedelta:
        return timedelta(minutes=self.spacing_minutes)

    @property
    def busy_spacing(self) -> timedelta:
        return timedelta(minutes=self.busy_spacing_minutes)

    def may_call(self, at: datetime, calendar: Calendar) -> bool:
        """Whether citizens may be called at this moment; a half-day counts as a day."""
        kind = calendar.kind_of(local(at).date())
        if self.working_days_only and not kind.works:
            return False
        clock = local(at).time()
        return any(opens <= clock < closes for opens, closes in self.hours.open_on(DayKind.WORKDAY))


def load(path: Path) -> Policy:
    """The policy; Invalid names file and field."""
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise Invalid(f"回访设置 {path.name} 读不出来：{error.strerror}。", code="followup_rules_invalid") from error
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
        raise Invalid(f"回访设置 {path.name} 第 {line} 行格式有误。", code="followup_rules_invalid") from error
    try:
        return _policy(said)
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid(f"回访设置 {path.name} 有误：{error}。", code="followup_rules_invalid") from error


def _policy(said: Any) -> Policy:
    names = {field.name for field in fields(Policy)}
    if not isinstance(said, dict) or set(said) != names:
        raise ValueError(f"应有且只有这些项：{'、'.join(sorted(names))}")
    for name, value in said.items():
        if name not in ("hours", "sms_text", "working_days_only") and (type(value) is not int or value < 1):
            raise ValueError(f"{name} 应是正整数，不是“{value}”")
    if not isinstance(said["working_days_only"], bool):
        raise ValueError("working_days_only 应是 true 或 false")
    if missing := [part for part in PLACEHOLDERS if part not in said["sms_text"]]:
        raise ValueError(f"sms_text 里缺少{'、'.join(missing)}")
    return Policy(**{**said, "hours": OfficeHours.parse(said["hours"])})
