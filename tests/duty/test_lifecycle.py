"""Pure: phases of a shift, scope, stages of a leader's call, the public text."""

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.calls.lifecycle import CallState
from callcenter.duty.lifecycle import Phase, Stage, announcement, in_scope, phase, stage

pytestmark = pytest.mark.unit

AT = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("at", "cancelled", "wanted"),
    [
        (AT - HOUR, None, Phase.PLANNED),
        (AT, None, Phase.ON),
        (AT + 2 * HOUR, None, Phase.OVER),
        (AT + HOUR, AT - HOUR, Phase.CANCELLED),
        (AT + 2 * HOUR, AT + HOUR, Phase.OVER),
    ],
)
def test_phase(at: datetime, cancelled: datetime | None, wanted: Phase) -> None:
    assert phase(AT, AT + 2 * HOUR, cancelled, at) is wanted


@pytest.mark.parametrize(
    ("topic", "town", "wanted"),
    [
        ("公共服务-供水", "当湖街道", True),
        ("公共服务-供水", "", True),
        ("", "当湖街道", True),
        ("公共服务网-供水", "当湖街道", False),
        ("城市管理-占道", "当湖街道", False),
        ("公共服务-供水", "乍浦镇", False),
    ],
)
def test_scope(topic: str, town: str, wanted: bool) -> None:
    assert in_scope(topics=["公共服务"], towns=["当湖街道"], topic=topic, town=town) is wanted


def test_a_shift_without_scope_takes_all() -> None:
    assert in_scope(topics=[], towns=[], topic="城市管理-占道", town="乍浦镇")


@pytest.mark.parametrize(
    ("answered", "left", "call", "wanted"),
    [
        (False, False, CallState.HELD, Stage.RINGING),
        (False, True, CallState.TALKING, Stage.FAILED),
        (False, False, CallState.ENDED, Stage.FAILED),
        (True, False, CallState.HELD, Stage.BRIEFING),
        (True, False, CallState.CONFERENCE, Stage.THREE),
        (True, False, CallState.TALKING, Stage.LEADING),
        (True, True, CallState.TALKING, Stage.OVER),
        (True, False, CallState.SURVEY, Stage.OVER),
    ],
)
def test_stage(answered: bool, left: bool, call: CallState, wanted: Stage) -> None:
    assert stage(answered=answered, left=left, call=call) is wanted


def test_the_public_text_names_who_when_and_what() -> None:
    text = announcement(name="周志远", unit="市住建局", starts_at=AT, ends_at=AT + HOUR, scope="物业、供水")
    assert text == "11月26日09:00至10:00，市住建局周志远到12345热线值机接听群众来电，受理范围：物业、供水。"
    over_night = announcement(name="周志远", unit="", starts_at=AT, ends_at=AT + 20 * HOUR, scope="")
    assert "至11月27日05:00" in over_night
