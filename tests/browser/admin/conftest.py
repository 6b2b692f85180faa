"""A hotline whose rules, tables and prompts may be changed, and its administrator."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from callcenter.settings import PROJECT_ROOT
from tests.browser.conftest import OpenPage
from tests.run.conftest import Running, started

WHOLE_SET_MS = 60_000
"""A set is checked with all its examples: seconds, more on a busy machine."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """With rules and prompts of its own, because they are changed."""
    rules = tmp_path_factory.mktemp("rules") / "routing_rules"
    shutil.copytree(PROJECT_ROOT / "routing_rules", rules)
    own = {"RULES_DIR": rules, "CITY_DIR": rules / "city", "CALENDAR_DIR": rules / "calendar"}
    with started(
        tmp_path_factory.mktemp("hotline"), **{f"CALLCENTER_{name}": str(path) for name, path in own.items()}
    ) as up:
        prompts = up.folder / "prompts"
        made = prompts.resolve()
        prompts.unlink()
        shutil.copytree(made, prompts)
        yield up


@pytest.fixture
def admin(open_page: OpenPage) -> Page:
    return open_page("admin", "/admin")
