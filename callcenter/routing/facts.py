"""What a decision is made from (`Facts`) and what it says (`Decision`), as plain data."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Facts:
    """Everything known of a call when rules decide; only the text is required."""

    text: str
    at: datetime | None = None
    line: str = ""
    """The number dialled: 12345 or the old number merged into it."""
    town: str = ""
    """The town when the operator has asked for it."""
    repeat_calls: int = 0
    """Earlier calls of the same caller on the same matter."""
    open_tickets: int = 0


@dataclass(frozen=True)
class Reason:
    """One step of the chain: the rule, what it settled, and the caller's words that made it fire."""

    rule: str
    says: str
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = f"（原话：{'、'.join(self.words)}）" if self.words else ""
        return f"[{self.rule}] {self.says}{words}"


@dataclass(frozen=True)
class PlaceCandidate:
    """A place the caller may mean, with its town (empty outside the city) and how sure that is."""

    name: str
    town: str
    confidence: float
    words: str
    why: str
    kind: str = ""


@dataclass
class Decision:
    """What the rules suggest; a person accepts, edits or rejects it."""

    kind: str = ""
    topic: str = ""
    urgency: str = ""
    outcome: str = ""
    lead_unit: str = ""
    co_units: list[str] = field(default_factory=list)
    town: str = ""
    places: list[PlaceCandidate] = field(default_factory=list)
    place_quality: str = "none"
    deadline: str = ""
    flags: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    next_question: str = ""
    parts: list[str] = field(default_factory=list)
    """Topics of the single matters of a call that is to be split."""
    topics: list[tuple[str, float]] = field(default_factory=list)
    """The best topics with their scores, the chosen one first."""
    risks: list[Reason] = field(default_factory=list)
    """What a supervisor should know of at once, each with the caller's words: threat, suicide, group action."""
    opinion: str = ""
    """统计意见: the topic that is hardly less likely than the chosen one; empty when the choice is clear."""
    reasons: list[Reason] = field(default_factory=list)

    @property
    def rule_ids(self) -> set[str]:
        """The rules that had a say."""
        return {reason.rule for reason in self.reasons}
