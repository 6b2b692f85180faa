"""One key: the surveyor's phone rings, then the citizen's, and what each may do meanwhile."""

from collections.abc import Callable

import pytest

from callcenter.core.security import Role
from callcenter.followups.lifecycle import FollowUpStatus, Outcome
from softphone import CITIZEN_HZ, OPERATOR_HZ, Phone, wait_tone
from tests.pbx.conftest import Line, hear
from tests.pbx.live.campaign import outcome_of, rung
from tests.pbx.live.conftest import Hotline, Seat, until

pytestmark = pytest.mark.pbx


def press_dial(surveyor: Seat, followup_id: int) -> None:
    key = {"Idempotency-Key": f"key-{surveyor.extension}-{followup_id}"}
    for _ in range(2):  # a hasty finger
        path = f"/api/followups/{followup_id}/dial"
        assert surveyor.client.post(path, headers=surveyor.headers | key).status_code == 202


@pytest.fixture
def surveyor(campaign: Hotline, extension: str) -> Seat:
    made = campaign.seat(extension, Role.SURVEYOR)
    # A phone that has just registered is reachable a moment later.
    until(lambda: "Not in use" in campaign.line.rx(f"pjsip show endpoint {extension}"))
    return made


def test_one_key_rings_the_surveyor_then_the_citizen_and_they_hear_each_other(
    drawn: Callable[..., int], surveyor: Seat, outside: Phone, number: str, line: Line
) -> None:
    followup_id = drawn(by_robot=False)
    surveyor.post("/api/followups/next")
    press_dial(surveyor, followup_id)
    desk = surveyor.phone.wait_ring(10).answer()
    desk.tone(OPERATOR_HZ)
    citizen = rung(outside, number)
    assert citizen.caller_number == "12345"
    citizen.answer()
    citizen.tone(CITIZEN_HZ)
    wait_tone(desk, CITIZEN_HZ)
    wait_tone(citizen, OPERATOR_HZ)
    citizen.hang_up()
    desk.wait_ended()
    found = outcome_of(followup_id)
    assert (found.attempts[0].outcome, found.status) == (Outcome.ANSWERED, FollowUpStatus.CLAIMED)
    assert (line.settings.recordings_dir / found.attempts[0].recording_file).exists()
    form = {
        "unit_satisfaction": "satisfied",
        "hotline_satisfaction": "satisfied",
        "solved": "solved",
        "contacted": True,
    }
    assert surveyor.post(f"/api/followups/{followup_id}/result", **form)["status"] == "done"


def test_a_surveyors_phone_that_is_not_answered_rings_no_citizen(
    drawn: Callable[..., int], surveyor: Seat, outside: Phone, number: str, line: Line
) -> None:
    followup_id = drawn(by_robot=False)
    surveyor.post("/api/followups/next")
    press_dial(surveyor, followup_id)
    surveyor.phone.wait_ring(10).reject(486)
    found = outcome_of(followup_id)
    assert (found.attempts[0].outcome, found.attempts[0].dialled_at) == (Outcome.DESK_NO_ANSWER, None)
    assert [fact["State"] for fact in line.facts(found.attempts[0].id, "FollowUp")] == ["desk_failed"]


def test_a_surveyor_who_hangs_up_while_it_rings(
    drawn: Callable[..., int], surveyor: Seat, outside: Phone, number: str
) -> None:
    followup_id = drawn(by_robot=False)
    surveyor.post("/api/followups/next")
    press_dial(surveyor, followup_id)
    desk = surveyor.phone.wait_ring(10).answer()
    citizen = rung(outside, number)
    desk.hang_up()
    citizen.wait_ended()
    assert outcome_of(followup_id).attempts[0].outcome is Outcome.CANCELLED


def test_a_busy_citizen_is_told_to_the_surveyor(
    drawn: Callable[..., int], surveyor: Seat, outside: Phone, number: str
) -> None:
    followup_id = drawn(by_robot=False)
    surveyor.post("/api/followups/next")
    press_dial(surveyor, followup_id)
    desk = surveyor.phone.wait_ring(10).answer()
    rung(outside, number).reject(486)
    hear(desk, "follow-up-failed")
    assert outcome_of(followup_id).attempts[0].outcome is Outcome.BUSY
