"""spoken_answer over TCP: the citizen's words become a key, or nothing."""

from datetime import timedelta

import pytest

from agi_scripts.server import AgiServer
from callcenter.calls.telephony import citizen_tap, surveyor_tap
from callcenter.core.clock import now
from callcenter.core.db import unit_of_work
from callcenter.transcripts.models import Origin, Segment

from .fake_asterisk import FakeAsterisk

pytestmark = pytest.mark.agi

ATTEMPT = "5f0c"


def say(words: str, *, tap: str = "", ago: float = 1, seq: int = 1) -> None:
    at = now() - timedelta(seconds=ago)
    with unit_of_work() as session:
        session.add(
            Segment(
                tap_id=tap or citizen_tap(ATTEMPT), seq=seq, origin=Origin.LIVE, started_at=at, ended_at=at, text=words,
                raw_text=words, corrections=[], words=[], engine="test",
            )
        )  # fmt: skip


def ask(server: AgiServer, question: str = "unit") -> dict[str, str]:
    asked = (now() - timedelta(seconds=5)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    heard = FakeAsterisk(server.address, script="spoken_answer", arguments=(ATTEMPT, question, asked)).run()
    return heard.variables


def test_words_become_the_key_that_says_the_same(server: AgiServer) -> None:
    say("不太满意")
    assert ask(server) == {"SPOKEN": "3"}
    assert ask(server, "solved") == {"SPOKEN": ""}


def test_what_was_said_before_the_question_or_by_the_surveyor_does_not_count(server: AgiServer) -> None:
    say("满意", ago=8)
    say("满意", tap=surveyor_tap(ATTEMPT), seq=2)
    assert ask(server) == {"SPOKEN": ""}


def test_silence(server: AgiServer) -> None:
    assert ask(server) == {"SPOKEN": ""}


@pytest.mark.parametrize("question", ["", "weather", "'; DROP TABLE call; --"])
def test_an_unknown_question_sets_nothing(server: AgiServer, question: str) -> None:
    assert ask(server, question) == {}
