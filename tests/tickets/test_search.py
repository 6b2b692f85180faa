"""Full text of tickets on both databases: words of two characters, of one, parts of long ones, numbers, nonsense."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from callcenter.core.fulltext import terms
from callcenter.core.security import SYSTEM
from callcenter.tickets.queries import Filter, page
from callcenter.tickets.service import register_from_decision
from tests.tickets.conftest import AT, NOISE

pytestmark = pytest.mark.db

MATTERS = {
    "垃圾": "小区门口的垃圾站三天没人清运了",
    "路灯": "新华路路灯不亮，LED灯箱也坏了",
    "圾垃": "反过来写：圾垃，ABC-123 号车",
    "繁体": "隔壁裝修噪聲很大",
}


@pytest.fixture
def filed(city: Session) -> Session:
    for title, content in MATTERS.items():
        register_from_decision(city, matter=replace(NOISE, title=title, content=content), by=SYSTEM, at=AT)
    return city


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("垃圾", ["垃圾"]),
        ("垃圾站", ["垃圾"]),
        ("站三天没", ["垃圾"]),
        ("垃圾 清运", ["垃圾"]),
        ("垃圾 路灯", []),
        ("门清运", []),
        ("灯", ["路灯"]),
        ("圾", ["垃圾", "圾垃"]),
        ("led", ["路灯"]),
        ("ABC-123", ["圾垃"]),
        ("装修", ["繁体"]),
        ("裝修", ["繁体"]),
        ("当湖街道", list(MATTERS)),
        ("20260930-000002", ["路灯"]),
        ("202609", list(MATTERS)),
        ("  ", list(MATTERS)),
    ],
)
def test_what_is_found(filed: Session, asked: str, found: list[str]) -> None:
    rows = page(filed, by=SYSTEM, where=Filter(text=asked))
    assert sorted(row.title for row in rows) == sorted(found)


@pytest.mark.parametrize(
    "asked", ['"', "'", "*", "a & b | !", "垃圾:*", "NEAR(", "😀", "%", "\\", "--", "()" * 500, "、。"]
)
def test_nonsense_is_no_fault(filed: Session, asked: str) -> None:
    assert len(page(filed, by=SYSTEM, where=Filter(text=asked))) <= len(MATTERS)


def test_terms_are_pairs_and_the_last_character() -> None:
    assert terms("垃圾站，LED灯") == ["垃圾", "圾站", "站", "led", "灯"]
