"""route_call over TCP, on both databases."""

from datetime import timedelta

import pytest

from agi_scripts.server import AgiServer
from callcenter.calls.models import Call
from callcenter.citizens import service as citizens
from callcenter.core.clock import now
from callcenter.core.db import unit_of_work
from callcenter.core.security import SYSTEM
from callcenter.directory import arrivals

from .fake_asterisk import FakeAsterisk

pytestmark = pytest.mark.agi

NUMBER = "13912345678"


@pytest.fixture(autouse=True)
def day_and_night_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = {rule: said for rule, said in arrivals.rules().items() if rule is not arrivals.ArrivalRule.NIGHT}
    monkeypatch.setattr(arrivals, "rules", lambda: rules)
    monkeypatch.setattr(arrivals, "on_call", lambda *_: [])


def call(server: AgiServer, number: str = NUMBER) -> FakeAsterisk:
    return FakeAsterisk(server.address, arguments=("7f0c", "12345", number)).run()


def test_sets_the_route_at_one_stroke(server: AgiServer) -> None:
    heard = call(server)
    assert heard.variables == {
        "ROUTE_QUEUE": "q12345",
        "ROUTE_PRIORITY": "0",
        "ROUTE_GREETING": "greeting",
        "ROUTE_BLOCKED": "0",
        "ROUTE_POSITION": "",
        "ROUTE_OPERATOR": "",
        "ROUTE_OPERATOR_SECONDS": "0",
        "ROUTE_OVERLOADED": "0",
        "ROUTE_ON_CALL": "",
        "ROUTE_DONE": "1",
    }
    assert len(heard.commands) == 1


def test_withheld_number(server: AgiServer) -> None:
    assert call(server, "").variables["ROUTE_DONE"] == "1"


def test_blocked_repeat_caller(server: AgiServer) -> None:
    with unit_of_work() as session:
        citizens.block(session, number=NUMBER, reason="反复骚扰", by=SYSTEM)
        earlier = now() - timedelta(hours=1)
        times = {"started_at": earlier, "state_at": earlier, "answered_at": earlier}
        session.add(Call(id="e", did="12345", caller_number=NUMBER, **times))
    variables = call(server).variables
    assert variables["ROUTE_BLOCKED"] == "1"
    assert variables["ROUTE_PRIORITY"] == "1"
    assert variables["ROUTE_GREETING"] == "greeting-repeat"
    assert variables["ROUTE_QUEUE"] == "q12345"


@pytest.mark.parametrize("number", ["'; DROP TABLE call; --", '" HANGUP', "张三", "9" * 3000])
def test_whatever_stands_in_the_number_is_only_a_number(server: AgiServer, number: str) -> None:
    variables = call(server, number).variables
    assert (variables["ROUTE_DONE"], variables["ROUTE_PRIORITY"]) == ("1", "0")
