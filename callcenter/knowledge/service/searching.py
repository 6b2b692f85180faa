"""Search the published entries: an index in memory, brought up to date from the rows before each search."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from callcenter.core.clock import local, now
from callcenter.core.masking import mask_text
from callcenter.core.text import normalise
from callcenter.knowledge.asked import ASKED_FILE, read_asked
from callcenter.knowledge.content import Audience, Content
from callcenter.knowledge.index import Index
from callcenter.knowledge.lifecycle import EntryStatus
from callcenter.knowledge.models import Entry, EntryUse, EntryVersion, UnansweredQuestion
from callcenter.knowledge.synonyms import SYNONYMS_FILE, load_synonyms
from callcenter.settings import get_settings

OVERLAP = timedelta(minutes=1)
"""A transaction may commit later than the time it wrote down."""
_KEY_LENGTH = 200


@dataclass(frozen=True)
class Answer:
    """A published entry found for a question."""

    entry_id: str
    content: Content
    score: float


class Library:
    """The published entries of one database as this process knows them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._clear()

    def _clear(self) -> None:
        self._asked = read_asked(get_settings().city_dir / ASKED_FILE)
        self._index = Index(load_synonyms(get_settings().rules_dir / SYNONYMS_FILE), self._asked.foreign())
        self._contents: dict[str, Content] = {}
        self._read_at: dict[str, datetime] = {}

    def search(
        self, session: Session, text: str, *, top: int, audience: Audience | None, area: str, day: date
    ) -> list[Answer]:
        def wanted(entry_id: str) -> bool:
            content = self._contents[entry_id]
            return (
                content.holds_on(day)
                and (audience is None or audience in content.audience)
                and (not area or not content.areas or area in content.areas)
            )

        with self._lock:
            self._refresh(session)
            matches = self._index.search(text, top=top, wanted=wanted)
            return [Answer(match.id, self._contents[match.id], match.score) for match in matches]

    def _refresh(self, session: Session) -> None:
        if self._read_at:
            self._read(session, since=max(self._read_at.values()) - OVERLAP)
        count = select(func.count()).where(EntryVersion.status == EntryStatus.PUBLISHED)
        if session.scalar(count) != len(self._contents):
            self._clear()
            self._read(session, since=None)

    def _read(self, session: Session, *, since: datetime | None) -> None:
        changed = select(Entry.id, Entry.changed_at)
        if since:
            changed = changed.where(Entry.changed_at > since)
        stale = {
            row.id: row.changed_at for row in session.execute(changed) if self._read_at.get(row.id) != row.changed_at
        }
        published = select(EntryVersion).where(EntryVersion.status == EntryStatus.PUBLISHED)
        if since:
            published = published.where(EntryVersion.entry_id.in_(stale))
        found = {version.entry_id: version.content for version in session.scalars(published)} if stale else {}
        for entry_id, changed_at in stale.items():
            self._read_at[entry_id] = changed_at
            self._contents.pop(entry_id, None)
            self._index.drop(entry_id)
            if entry_id in found:
                self._contents[entry_id] = found[entry_id]
                self._index.put(self._asked.document(entry_id, found[entry_id]))


_libraries: WeakKeyDictionary[Engine, Library] = WeakKeyDictionary()


def search(
    session: Session, *, text: str, top: int = 3, audience: Audience | None = None, area: str = ""
) -> list[Answer]:
    """The best published answers to what a caller said; empty when nothing is good enough.

    `audience`: only what these may be told; `area`: only what holds there.
    """
    engine = session.get_bind().engine
    library = _libraries.get(engine)
    if library is None:
        library = _libraries.setdefault(engine, Library())
    return library.search(session, text, top=top, audience=audience, area=area, day=local(now()).date())


def note_unanswered(session: Session, *, text: str) -> UnansweredQuestion:
    """Remember that a search found nothing."""
    masked = mask_text(text.strip())[:_KEY_LENGTH]
    key = normalise(masked)
    found = session.scalar(select(UnansweredQuestion).where(UnansweredQuestion.key == key).with_for_update())
    if found is None:
        found = UnansweredQuestion(key=key, text=masked, times=0, first_at=now())
        session.add(found)
    found.times += 1
    found.last_at = now()
    session.flush()
    return found


def record_use(
    session: Session, *, entry_id: str, user_id: int | None, call_id: str | None = None, useful: bool | None = None
) -> EntryUse:
    """The answer was given to a caller (`useful` None) or judged."""
    use = EntryUse(entry_id=entry_id, at=now(), user_id=user_id, call_id=call_id, useful=useful)
    session.add(use)
    session.flush()
    return use
