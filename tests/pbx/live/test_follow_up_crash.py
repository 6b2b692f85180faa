"""The dialler is killed in mid-campaign: nobody's phone rings twice, and no task is lost."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.security import SYSTEM
from callcenter.followups import attempts, plans
from callcenter.followups.lifecycle import FollowUpStatus, Outcome
from callcenter.followups.plans import PlanOrder
from callcenter.followups.policy import FOLDER, POLICY_FILE
from callcenter.followups.sampling import Method
from callcenter.settings import PROJECT_ROOT
from softphone import Phone, PhoneTimeout
from tests.followups.conftest import followup_of, handled
from tests.pbx.live.campaign import outcome_of, read
from tests.pbx.live.conftest import Hotline, until

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(600)]

Worker = Callable[..., AbstractContextManager["subprocess.Popen[str]"]]


@pytest.fixture
def worker(campaign: Hotline, tmp_path: Path) -> Worker:
    """A dialler as a program of its own, at any hour, one call at a time."""
    rules = tmp_path / "routing_rules"
    shutil.copytree(PROJECT_ROOT / "routing_rules", rules)
    policy = rules / FOLDER / POLICY_FILE
    said = policy.read_text(encoding="utf-8").replace("09:00-12:00/14:00-20:00", "00:00-23:59:59")
    policy.write_text(said.replace("lines: 5", "lines: 1"), encoding="utf-8")
    command = [sys.executable, "-m", "tests.pbx.live.dialler", str(campaign.engine.url)]

    @contextmanager
    def start(*more: str) -> Iterator["subprocess.Popen[str]"]:
        environment = {**os.environ, "CALLCENTER_RULES_DIR": str(rules)}
        running = subprocess.Popen(
            [*command, *more], env=environment, cwd=PROJECT_ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert running.stdin
        print(campaign.settings.model_dump_json(), file=running.stdin, flush=True)
        try:
            yield running
        finally:
            running.kill()
            running.wait(10)

    return start


@pytest.fixture
def citizens(campaign: Hotline, number: str) -> dict[str, int]:
    """Three citizens drawn for the dialler, with their follow-ups, in the order in which they are called."""
    numbers = [f"{number[:-1]}{digit}" for digit in "123"]
    with db.unit_of_work() as session:
        tickets = [handled(session, caller_number=each).id for each in numbers]
        plan = plans.save_plan(session, order=PlanOrder("全部", Method.ALL, by_robot=True), by=SYSTEM)
        plans.draw_now(session, plan_id=plan.id, by=SYSTEM)
        found = {each: followup_of(session, ticket) for each, ticket in zip(numbers, tickets, strict=True)}
    # The lot decides who comes first.
    return dict(sorted(found.items(), key=lambda one: one[1]))


def test_killed_while_a_citizen_is_rung(
    campaign: Hotline, citizens: dict[str, int], worker: Worker, outside: Phone
) -> None:
    (first, first_id), *rest = citizens.items()
    with worker() as running:
        ringing = outside.wait_ring(120, number=first)
        running.kill()
    with worker():
        ringing.reject(486)
        for number, followup_id in rest:
            outside.wait_ring(120, number=number).reject(486)
            assert outcome_of(followup_id, 60).attempts[0].outcome is Outcome.BUSY
        assert outcome_of(first_id, 60).attempts[0].outcome is Outcome.BUSY
        # The dialler goes on looking for work meanwhile.
        for number in citizens:
            with pytest.raises(PhoneTimeout):
                outside.wait_ring(1, number=number)
    for followup_id in citizens.values():
        found = read(followup_id)
        assert len(found.attempts) == 1
        facts = campaign.line.facts(found.attempts[0].id, "FollowUp")
        assert [fact["State"] for fact in facts] == ["dialling", "failed"]
        # Not lost: who was busy is called again later.
        assert (found.status, found.by_robot) == (FollowUpStatus.WAITING, True)
        assert found.next_try_at is not None


def test_killed_between_row_and_order(
    campaign: Hotline, citizens: dict[str, int], worker: Worker, outside: Phone
) -> None:
    (first, first_id), *rest = citizens.items()
    with worker("stops-before-the-order") as running:
        assert running.stdout
        assert "ordering\n" in iter(running.stdout.readline, "")
        running.kill()
    attempt = until(lambda: read(first_id).attempts)[0]
    assert attempt.outcome is None
    with worker():
        # For all that is known the citizen may have been called: it is not done again, and blocks the one line.
        with pytest.raises(PhoneTimeout):
            outside.wait_ring(3, number=first)
        with db.unit_of_work() as session:
            assert attempts.lapse(session, at=now() + timedelta(minutes=11)) == 1
        for number, followup_id in rest:
            outside.wait_ring(120, number=number).reject(486)
            assert outcome_of(followup_id, 60).attempts[0].outcome is Outcome.BUSY
        with pytest.raises(PhoneTimeout):
            outside.wait_ring(2, number=first)
    found = read(first_id)
    assert [attempt.outcome for attempt in found.attempts] == [Outcome.UNKNOWN]
    # A person takes it from here.
    assert (found.status, found.by_robot) == (FollowUpStatus.WAITING, False)
