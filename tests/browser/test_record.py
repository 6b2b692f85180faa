"""The record of a call: every line plays its moment, corrected names are marked; selected words go into the ticket."""

import sqlite3
from datetime import UTC, datetime

import httpx2
import pytest
from playwright.sync_api import Page, expect

from softphone import Phone
from tests.browser.conftest import answered, part, until
from tests.run.conftest import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def said(running: Running, seq: int, start_ms: int, text: str, **more: object) -> None:
    """A line of the caller's, as the recogniser sends it."""
    with sqlite3.connect(f"file:{running.folder}/hotline.db?mode=ro", uri=True) as database:
        newest = "SELECT id, opened_at FROM call_tap WHERE party = 'caller' ORDER BY opened_at DESC LIMIT 1"
        tap, opened = database.execute(newest).fetchone()
    line = {
        "tap_id": tap,
        "seq": seq,
        "kind": "final",
        "started_at": datetime.fromisoformat(opened).replace(tzinfo=UTC).isoformat(),
        "start_ms": start_ms,
        "end_ms": start_ms + 800,
        "text": text,
        "raw_text": text,
        "engine": "test",
        **more,
    }
    headers = {"Authorization": f"Bearer {running.internal_token}"}
    answer = httpx2.post(f"{running.web_url}/internal/transcripts", json=[line], headers=headers)
    assert answer.status_code == 200, answer.text


def select(page: Page, words: str) -> None:
    """As with the mouse, over these words of the live transcript."""
    page.evaluate(
        """(words) => {
          const list = document.querySelector('[data-test=transcript]');
          const walker = document.createTreeWalker(list, NodeFilter.SHOW_TEXT);
          while (walker.nextNode() && !walker.currentNode.data.includes(words));
          const range = document.createRange();
          const at = walker.currentNode.data.indexOf(words);
          range.setStart(walker.currentNode, at);
          range.setEnd(walker.currentNode, at + words.length);
          getSelection().removeAllRanges();
          getSelection().addRange(range);
          list.dispatchEvent(new MouseEvent('mouseup', { bubbles: true }));
        }""",
        words,
    )


def test_from_what_was_said_to_the_ticket_and_back_to_the_sound(
    operator: Page, citizen: Phone, running: Running, complaints: list[str]
) -> None:
    caller = answered(operator, citizen, "13800007401")
    said(running, 1, 0, "我是王建国家里没有水")
    said(
        running,
        2,
        3000,
        "在雅山路这边",
        raw_text="在牙山路这边",
        corrections=[{"from": "牙山路", "to": "雅山路", "term": "雅山路", "kind": "place"}],
    )
    expect(part(operator, "transcript")).to_contain_text("王建国")
    expect(operator.get_by_title("原识别：牙山路")).to_have_text("雅山路")
    select(operator, "王建国")
    part(operator, "take-caller_name").click()
    expect(part(operator, "caller-name")).to_have_value("王建国")
    call_id = operator.request.get(f"{running.web_url}/api/operators/me").json()["call_id"]
    part(operator, "hang-up").click()
    caller.hang_up()
    expect(part(operator, "seat-state")).to_contain_text("话后处理")
    operator.goto(f"{running.web_url}/calls/{call_id}")
    expect(part(operator, "waveform")).to_be_visible(timeout=20_000)
    expect(operator.get_by_title("原识别：牙山路")).to_be_visible()
    part(operator, "record-transcript").get_by_role("button").nth(1).click()
    until(lambda: operator.evaluate("document.querySelector('[data-test=recording]').currentTime") > 2.5)
    assert complaints == []
