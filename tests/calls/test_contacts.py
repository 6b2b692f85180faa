"""A unit's contacts rung in order, as asked over HTTP and as it stands on record; real phones: tests/pbx/live."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from callcenter.calls.telephony import Cause
from callcenter.core.masking import mask_number
from callcenter.directory import rota
from callcenter.directory.rota import Contact
from tests.calls.test_api import Headers, operator, record, steer, talking, telephony, tell  # noqa: F401
from tests.fakes import FakeTelephony

pytestmark = pytest.mark.api

WATER_ON_CALL = [Contact("值班电话", "057312340001"), Contact("李科长", "85000101"), Contact("夜间带班", "85000102")]


def test_a_units_contacts_are_rung_in_order_and_stand_on_record(
    client: TestClient,
    telephony: FakeTelephony,  # noqa: F811
    talking: Headers,  # noqa: F811
    steer: Callable[..., tuple[int, str]],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rota, "contacts", lambda _unit, **_when: WATER_ON_CALL)
    assert steer("consult", unit_id="water") == (202, "")
    asked = telephony.asked[-1][1]
    key = str(asked["department"])
    assert asked["numbers"] == ["057312340001", "85000101", "85000102"]

    def results() -> list[str]:
        return [
            f"{contact['name']}：{contact['result_name']}"
            for contact in record(client, talking)["legs"][-1]["contacts"]
        ]

    assert results() == ["值班电话：正在振铃", "李科长：未拨打", "夜间带班：未拨打"]
    tell(lambda story: story.party(20, "caller", "hold"))
    missed = {"key": key, "number": "057312340001", "cause": Cause.NO_ANSWER}
    tell(lambda story: story.party(30, "department", "next", **missed))
    assert results() == ["值班电话：无人接听", "李科长：正在振铃", "夜间带班：未拨打"]
    tell(lambda story: story.party(35, "department", "room", key=key, number="85000101"))
    assert results() == ["值班电话：无人接听", "李科长：已接听", "夜间带班：未拨打"]
    leg = record(client, talking)["legs"][-1]
    assert [contact["answered"] for contact in leg["contacts"]] == [False, True, False]
    assert (leg["number"], leg["contacts"][1]["number"]) == (mask_number("85000101"),) * 2
    tell(lambda story: story.party(60, "department", "left", key=key))
    assert results() == ["值班电话：无人接听", "李科长：已接听", "夜间带班：未拨打"]
    assert "85000101" not in str(record(client, talking))
