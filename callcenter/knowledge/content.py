"""What an entry says: the one form shared by the table file, the database and the search. Pure."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from callcenter.knowledge.index import Document


class Audience(StrEnum):
    """Who may be told an entry."""

    PUBLIC = "公众"
    OPERATOR = "话务员"


@dataclass(frozen=True)
class Content:
    """One version of an entry."""

    question: str
    answer: str
    owner_unit: str
    topic: str = ""
    other_phrasings: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    basis: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    """Last day on which the answer holds."""
    areas: tuple[str, ...] = ()
    """Towns the answer holds for; empty: the whole city."""
    audience: tuple[Audience, ...] = (Audience.OPERATOR,)
    note: str = ""

    def holds_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def document(self, entry_id: str, *, asked: tuple[str, ...] = ()) -> Document:
        """What the search needs of it; `asked`: callers' words to which it was the answer."""
        return Document(
            id=entry_id,
            phrasings=(self.question, *self.other_phrasings),
            keywords=self.keywords,
            topic=self.topic.partition("-")[2],
            answer=self.answer,
            asked=asked,
        )
