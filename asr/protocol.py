"""The messages asr sends to callcenter (docs/asr-protocol.md): the one file of asr that others may import."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

TRANSCRIPTS_PATH = "/internal/transcripts"


class MessageKind(StrEnum):
    """Interim text may change or vanish, final text stays, end closes the tap."""

    INTERIM = "interim"
    FINAL = "final"
    END = "end"


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word of `raw_text`; times are offsets from the start of the tap."""

    word: str
    start_ms: int
    end_ms: int
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A piece of raw text replaced because it sounds like a term of the vocabulary."""

    heard: str
    """what the recogniser wrote; `from` in JSON"""
    to: str
    term: str
    kind: str
    """kind of the term: place, unit or matter"""

    def to_dict(self) -> dict[str, str]:
        return {"from": self.heard, "to": self.to, "term": self.term, "kind": self.kind}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Correction:
        return cls(heard=data["from"], to=data["to"], term=data["term"], kind=data["kind"])


@dataclass(frozen=True, slots=True)
class TranscriptMessage:
    """One segment of one tap (one party of one call).

    `seq` numbers the segments of a tap: an interim carries the number its final will have, so
    (tap_id, seq) is the key on the receiving side and a repeated delivery changes nothing.
    An interim with empty text takes back the interim before it.
    """

    tap_id: str
    seq: int
    kind: MessageKind
    started_at: datetime
    """when the tap began, aware UTC"""
    start_ms: int = 0
    end_ms: int = 0
    text: str = ""
    raw_text: str = ""
    confidence: float | None = None
    words: list[Word] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    engine: str = ""
    lost_ms: int = 0
    """on `end`: speech that was not recognised because the machine was overloaded"""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return asdict(self) | {
            "kind": self.kind.value,
            "started_at": self.started_at.isoformat(),
            "corrections": [correction.to_dict() for correction in self.corrections],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> TranscriptMessage:
        """The reverse of `to_dict`; ValueError names what is wrong. Unknown keys are ignored."""
        try:
            started_at = datetime.fromisoformat(data["started_at"])
            if started_at.tzinfo is None:
                raise ValueError("started_at has no time zone")
            return cls(
                tap_id=str(data["tap_id"]),
                seq=int(data["seq"]),
                kind=MessageKind(data["kind"]),
                started_at=started_at,
                start_ms=int(data.get("start_ms", 0)),
                end_ms=int(data.get("end_ms", 0)),
                text=str(data.get("text", "")),
                raw_text=str(data.get("raw_text", "")),
                confidence=data.get("confidence"),
                words=[Word(**word) for word in data.get("words", [])],
                corrections=[Correction.from_dict(item) for item in data.get("corrections", [])],
                engine=str(data.get("engine", "")),
                lost_ms=int(data.get("lost_ms", 0)),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a transcript message: {error!r}") from error
