"""The web pages as the server gives them out, and their types beside the interface."""

import json
import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from callcenter.app import create_app
from callcenter.pages import mount_pages
from callcenter.settings import PROJECT_ROOT

pytestmark = pytest.mark.unit

PAGE = {"Accept": "text/html"}


@pytest.fixture
def pages(tmp_path: Path) -> TestClient:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-abc.js").write_text("1")
    (tmp_path / "index.html").write_text("<title>12345 热线</title>")
    app = FastAPI()
    mount_pages(app, tmp_path)
    return TestClient(app)


@pytest.mark.parametrize("path", ["/", "/console", "/tickets/7", "/calls/5f0c-1"])
def test_every_page_is_the_one_application(pages: TestClient, path: str) -> None:
    answer = pages.get(path, headers=PAGE)
    assert answer.status_code == 200
    assert "12345" in answer.text
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_its_files_come_by_name(pages: TestClient) -> None:
    answer = pages.get("/assets/index-abc.js")
    assert answer.text == "1"
    assert "immutable" in answer.headers["Cache-Control"]
    assert pages.get("/assets/../index.html").status_code in (200, 404)
    assert pages.get("/assets/nothing.js").status_code == 404


@pytest.mark.parametrize("path", ["/api/nothing", "/public/nothing", "/internal/nothing", "/docs/x"])
def test_an_unknown_address_of_the_interface_is_no_page(pages: TestClient, path: str) -> None:
    assert pages.get(path, headers=PAGE).status_code == 404


def test_a_large_file_is_sent_compressed(pages: TestClient, tmp_path: Path) -> None:
    (tmp_path / "assets" / "large-abc.js").write_text("let a = 1;" * 1000)
    answer = pages.get("/assets/large-abc.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.text == "let a = 1;" * 1000


def test_pages_not_built_are_said(tmp_path: Path) -> None:
    app = FastAPI()
    mount_pages(app, tmp_path)
    answer = TestClient(app).get("/", headers=PAGE)
    assert answer.status_code == 503
    assert "make setup" in answer.text


def test_the_types_of_the_pages_follow_the_interface() -> None:
    """`make web-types` after the interface changed."""
    kept = json.loads((PROJECT_ROOT / "web" / "openapi.json").read_text(encoding="utf-8"))
    assert kept == json.loads(json.dumps(create_app().openapi()))


def test_the_pages_hear_every_event_that_is_published() -> None:
    """A name that the event stream is not listened to for is a page that stays old."""
    heard = set(re.findall(r'^  "([a-z_.]+)",$', (PROJECT_ROOT / "web/src/api/events.ts").read_text(), re.MULTILINE))
    said = re.compile(r'\b(?:publish|told|_tell)\((?:[^()"]|\([^()]*\)|f"[^"]*"|"[a-z]+")*?"([a-z_]+\.[a-z_]+)"')
    sources = (file.read_text(encoding="utf-8") for file in (PROJECT_ROOT / "callcenter").rglob("*.py"))
    published = {name for source in sources for name in said.findall(source)}
    assert len(published) > 30
    assert published - heard == set()
