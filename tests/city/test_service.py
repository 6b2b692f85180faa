"""Tables put in force with the whole set, on record, taken back one by one."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

import callcenter.app  # noqa: F401  (every domain's checks)
from callcenter.city import service
from callcenter.city.columns import Row
from callcenter.core.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.core.security import Actor, Role
from callcenter.directory import service as directory
from callcenter.routing.models import RulePublication

pytestmark = pytest.mark.db

SUPERVISOR = Actor(user_id=None, name="班长", roles=frozenset({Role.SUPERVISOR}))
OPERATOR = Actor(user_id=None, name="话务员", roles=frozenset({Role.OPERATOR}))
OFFICE = {
    "id": "danghu_cg",
    "name": "当湖街道城管办",
    "kind": "office",
    "parent": "danghu",
    "accepts_dispatch": "yes",
    "phone_label": "",
    "duties": "城市管理",
}


def publish(session: Session, folder: Path, key: str, rows: list[Row], reason: str = "试一试") -> RulePublication:
    found = service.content(key, folder=folder)
    return service.publish(session, found, rows=rows, version=found.version, reason=reason, by=SUPERVISOR)


def test_an_office_below_a_unit_is_in_the_directory_at_once(session: Session, folder: Path) -> None:
    directory.import_city(session, folder=folder / "city")
    rows = service.content("units", folder=folder).rows
    publish(session, folder, "units", [*rows, OFFICE])
    assert directory.unit(session, unit_id="danghu_cg").parent_id == "danghu"
    (change,) = service.history(session, service.content("units", folder=folder))
    assert change.publication.author_name == "班长"
    assert [told.row for told in change.difference.added] == ["danghu_cg"]


def test_one_table_is_taken_back_and_the_other_stays(session: Session, folder: Path) -> None:
    before = service.content("units", folder=folder).text
    first = publish(session, folder, "units", [*service.content("units", folder=folder).rows, OFFICE])
    oncall = service.content("oncall", folder=folder)
    changed = [*oncall.rows, {"days": "all", "hours": "00:00-01:00", "name": "替班", "number": "057312345803"}]
    publish(session, folder, "oncall", changed)
    units = service.content("units", folder=folder)
    row = service.take_back(session, units, publication_id=first.id, reason="撤销科室", by=SUPERVISOR)
    assert service.content("units", folder=folder).text == before
    assert len(service.content("oncall", folder=folder).rows) == len(oncall.rows) + 1
    assert directory.unit(session, unit_id="danghu_cg").is_active is False
    told = service.history(session, service.content("units", folder=folder))
    assert [change.publication.id for change in told] == [row.id, first.id]


@pytest.mark.parametrize(
    ("key", "column", "value", "said"),
    [
        ("units", "parent", "nobody", "不在可选的里面"),
        ("deadlines", "close", "soon", "第 2 行"),
        ("lines", "queue", "q99", "不在可选的里面"),
        ("oncall", "hours", "夜里", "第 2 行"),
        ("arrivals", "value", "许多", "第 2 行"),
    ],
)
def test_what_is_wrong_is_named_and_changes_nothing(
    session: Session, folder: Path, key: str, column: str, value: str, said: str
) -> None:
    found = service.content(key, folder=folder)
    rows = found.rows
    rows[0] |= {column: value}
    faults = service.problems(found, rows)
    assert faults[0].row == 0 and said.replace("第 2 行", "") in faults[0].message
    with pytest.raises(Invalid):
        publish(session, folder, key, rows)
    assert service.content(key, folder=folder).text == found.text


def test_a_unit_that_rules_name_cannot_go(session: Session, folder: Path) -> None:
    found = service.content("units", folder=folder)
    rows = [row for row in found.rows if row["id"] != "water"]
    assert any("water" in fault.message for fault in service.problems(found, rows))
    with pytest.raises(Invalid):
        publish(session, folder, "units", rows)


def test_a_circle_of_units(session: Session, folder: Path) -> None:
    found = service.content("units", folder=folder)
    rows = found.rows
    rows[0] |= {"parent": rows[1]["id"]}
    rows[1] |= {"parent": rows[0]["id"]}
    assert "绕回了自己" in service.problems(found, rows)[0].message


def test_refusals(session: Session, folder: Path) -> None:
    found = service.content("units", folder=folder)
    with pytest.raises(NotFound):
        service.content("nothing", folder=folder)
    with pytest.raises(Conflict, match="刚被别人改过"):
        service.publish(session, found, rows=found.rows, version="old", reason="试", by=SUPERVISOR)
    with pytest.raises(Conflict, match="完全一样"):
        service.publish(session, found, rows=found.rows, version=found.version, reason="试", by=SUPERVISOR)
    with pytest.raises(Forbidden):
        service.publish(session, found, rows=[*found.rows, OFFICE], version=found.version, reason="试", by=OPERATOR)
    with pytest.raises(NotFound):
        service.take_back(session, found, publication_id=99, reason="试", by=SUPERVISOR)
