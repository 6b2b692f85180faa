"""Messages survive the way over JSON and wrong ones are named."""

import json
from datetime import UTC, datetime

import pytest

from asr.protocol import Correction, MessageKind, TranscriptMessage, Word

pytestmark = pytest.mark.unit

MESSAGE = TranscriptMessage(
    tap_id="8c5e8c3e-8f0e-4f5c-9d7a-0f9d3b7c1a11",
    seq=3,
    kind=MessageKind.FINAL,
    started_at=datetime(2026, 11, 24, 4, 0, tzinfo=UTC),
    start_ms=120,
    end_ms=980,
    text="我住当湖街道",
    raw_text="我住当胡街道",
    confidence=0.8,
    words=[Word("我", 120, 200, 0.9)],
    corrections=[Correction("当胡街道", "当湖街道", "当湖街道", "place")],
    engine="vosk:small",
)


def test_round_trip_over_json() -> None:
    data = json.loads(json.dumps(MESSAGE.to_dict()))
    assert data["kind"] == "final"
    assert data["corrections"] == [{"from": "当胡街道", "to": "当湖街道", "term": "当湖街道", "kind": "place"}]
    assert TranscriptMessage.from_dict(data) == MESSAGE


def test_a_newer_asr_may_say_more() -> None:
    assert TranscriptMessage.from_dict(MESSAGE.to_dict() | {"later": 1}) == MESSAGE


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "guess"},
        {"seq": "x"},
        {"started_at": "2026-11-24T04:00:00"},
        {"started_at": None},
        {"words": [{"no": 1}]},
        {"words": 5},
        {"corrections": [{"to": "x"}]},
    ],
)
def test_wrong_values_are_value_errors(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        TranscriptMessage.from_dict(MESSAGE.to_dict() | change)


@pytest.mark.parametrize("key", ["tap_id", "seq", "kind", "started_at"])
def test_missing_keys_are_value_errors(key: str) -> None:
    data = MESSAGE.to_dict()
    del data[key]
    with pytest.raises(ValueError, match=key):
        TranscriptMessage.from_dict(data)
