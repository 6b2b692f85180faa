"""The directory of units follows the city's files."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from callcenter.core.errors import NotFound
from callcenter.directory import service
from callcenter.settings import get_settings

pytestmark = pytest.mark.db


def test_the_sample_city_loads_twice_with_the_same_result(session: Session) -> None:
    folder = get_settings().city_dir
    assert service.import_city(session, folder=folder) == service.import_city(session, folder=folder) == 65
    water = service.unit(session, unit_id="water")
    assert water.name == "市水务集团"
    assert water.duty_number
    assert not service.unit(session, unit_id="e110").accepts_dispatch


def test_a_unit_that_left_the_file_becomes_inactive(session: Session, tmp_path: Path) -> None:
    header = "id\tname\tkind\taccepts_dispatch\tphone_label\tduties\n"
    (tmp_path / "units.tsv").write_text(header + "a\t甲局\tdepartment\tyes\t\t事\nb\t乙局\tdepartment\tyes\t\t事\n")
    service.import_city(session, folder=tmp_path)
    (tmp_path / "units.tsv").write_text(header + "a\t甲局\tdepartment\tyes\t\t事\n")
    service.import_city(session, folder=tmp_path)
    assert [unit.id for unit in service.search(session)] == ["a"]


def test_a_search_takes_wildcards_literally(session: Session) -> None:
    service.import_city(session, folder=get_settings().city_dir)
    assert service.search(session, text="%") == []
    assert "water" in [unit.id for unit in service.search(session, text="停水")]


def test_an_unknown_unit_is_named(session: Session) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        service.unit(session, unit_id="nowhere")
