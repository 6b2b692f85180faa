"""Material of the knowledge tests: the sample entries, the people, an entry on its way."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from callcenter.core.security import Actor, Role
from callcenter.directory import service as directory
from callcenter.knowledge.asked import ASKED_FILE, read_asked
from callcenter.knowledge.content import Audience, Content
from callcenter.knowledge.index import Index
from callcenter.knowledge.models import Entry
from callcenter.knowledge.service import editing, review
from callcenter.knowledge.synonyms import SYNONYMS_FILE, Synonyms, load_synonyms
from callcenter.knowledge.table import ENTRIES_FILE, read_entries
from callcenter.settings import get_settings

WRITER = Actor(1, "水务编辑", frozenset({Role.DEPARTMENT}), unit_id="water")
REVIEWER = Actor(2, "班长", frozenset({Role.SUPERVISOR}))
OPERATOR = Actor(3, "话务员", frozenset({Role.OPERATOR}))
CONTENT = Content(
    question="停水了怎么查公告",
    answer="计划停水提前公布。",
    owner_unit="water",
    topic="公共服务-供水",
    other_phrasings=("水什么时候来",),
    audience=(Audience.PUBLIC, Audience.OPERATOR),
)


@pytest.fixture(scope="session")
def sample() -> dict[str, Content]:
    return read_entries(get_settings().city_dir / ENTRIES_FILE)


@pytest.fixture(scope="session")
def synonyms() -> Synonyms:
    return load_synonyms(get_settings().rules_dir / SYNONYMS_FILE)


@pytest.fixture(scope="session")
def index(sample: dict[str, Content], synonyms: Synonyms) -> Index:
    asked = read_asked(get_settings().city_dir / ASKED_FILE)
    return Index(synonyms, [*(asked.document(*entry) for entry in sample.items()), *asked.foreign()])


@pytest.fixture
def units(session: Session) -> None:
    directory.import_city(session, folder=get_settings().city_dir)


@pytest.fixture
def published(session: Session, units: None) -> Callable[..., Entry]:
    """`published(question="…")` makes an entry and takes it through review."""

    def make(**changes: object) -> Entry:
        entry = editing.create(session, content=replace(CONTENT, **changes), by=WRITER)  # type: ignore[arg-type]
        review.submit(session, entry_id=entry.id, by=WRITER)
        return review.publish(session, entry_id=entry.id, by=REVIEWER)

    return make
