"""A copy of the sample city that tests may change."""

import shutil
from pathlib import Path

import pytest

from callcenter.settings import PROJECT_ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for part in ("dispatch", "city"):
        shutil.copytree(PROJECT_ROOT / "routing_rules" / part, tmp_path / part)
    return tmp_path
