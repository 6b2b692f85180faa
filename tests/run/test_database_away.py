"""The whole hotline on PostgreSQL, killed in mid-call: talk goes on, callers reach a person, the record is made up."""

from collections.abc import Iterator
from typing import Any

import pytest

from demo.api import Api, until
from softphone import CITIZEN_HZ, OPERATOR_HZ, CallLeg, Phone
from tests.postgres import PostgresServer
from tests.run.conftest import Running, both_hear, started

pytestmark = [pytest.mark.run, pytest.mark.timeout(240)]

BACK_SECONDS = 60


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="module")
def running(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("hotline"), CALLCENTER_DATABASE_URL=postgres.url) as up:
        yield up


def talk(citizen: Phone, operator: Phone, number: str) -> tuple[CallLeg, CallLeg]:
    caller = citizen.call("12345", from_number=number)
    caller.tone(CITIZEN_HZ)
    taken = operator.wait_ring(30).answer()
    taken.tone(OPERATOR_HZ)
    both_hear(caller, taken)
    return caller, taken


def record(api: Api, number_ends: str) -> dict[str, Any] | None:
    """The ended call of the number with these last digits; None while there is none, or nobody can say."""
    try:
        calls = api.get("/api/calls", living=False)["items"]
        found = next((call for call in calls if call["caller_number"].endswith(number_ends)), None)
        return api.get(f"/api/calls/{found['id']}") if found else None
    except Exception:
        return None


def test_a_call_on_postgresql_is_one_record(api: Api, phones: tuple[Phone, Phone]) -> None:
    caller, taken = talk(*phones, "13800008001")
    taken.hang_up()
    caller.hang_up()
    found = until("the record", lambda: record(api, "8001"), BACK_SECONDS)
    assert found["outcome"] == "answered"
    assert {leg["party"] for leg in found["legs"]} == {"caller", "operator"}
    api.post("/api/operators/me/wrap-up/done")


def test_the_database_killed_in_mid_call(api: Api, phones: tuple[Phone, Phone], postgres: PostgresServer) -> None:
    caller, taken = talk(*phones, "13800008002")
    postgres.stop()
    both_hear(caller, taken)
    taken.hang_up()
    caller.hang_up()
    # The queue knows its members by itself: with no database a new caller still reaches the operator.
    second, again = talk(*phones, "13800008003")
    both_hear(second, again)
    again.hang_up()
    second.hang_up()
    postgres.start()
    for ends in ("8002", "8003"):
        found = until(f"the record of …{ends}", lambda ends=ends: record(api, ends), BACK_SECONDS)
        assert found["outcome"] == "answered"
        assert found["answered_at"]
        assert all(leg["left_at"] for leg in found["legs"])
        assert found["recording"]["url"]
