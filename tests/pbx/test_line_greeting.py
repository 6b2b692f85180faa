"""A citizen dials: greeted, told of the recording, and brought to a person, with no Python running at all."""

import pytest

from softphone import CITIZEN_HZ, OPERATOR_HZ, energy_at, tones, wait_tone

from .conftest import PROMPT_HZ, Line, Phone, hear

pytestmark = pytest.mark.pbx


def test_caller_is_greeted_then_talks_to_an_operator(line: Line, citizen: Phone, operator: Phone, number: str) -> None:
    leg = citizen.call("12345", from_number=number)
    leg.tone(CITIZEN_HZ)
    hear(leg, "greeting")
    desk = operator.wait_ring().answer()
    desk.tone(OPERATOR_HZ)
    wait_tone(desk, CITIZEN_HZ)
    wait_tone(leg, OPERATOR_HZ)
    leg.hang_up()
    desk.wait_ended()
    call_id = line.call_id(number)
    assert line.wait_fact(call_id, "CallEnd")["Stage"] == "talk"
    assert line.wait_fact(call_id, "PartyState", Party="operator", State="talk")["Number"] == operator.user
    recorded = line.recording(call_id)
    talk = recorded[-4000:]
    assert tones(talk) == {CITIZEN_HZ, OPERATOR_HZ}
    assert energy_at(recorded[:2400], PROMPT_HZ["greeting"]) > 500


@pytest.mark.parametrize("did", ["12319", "057312315", "+8657312345"])
def test_every_number_of_the_hotline_leads_to_it(
    line: Line, citizen: Phone, operator: Phone, number: str, did: str
) -> None:
    leg = citizen.call(did, from_number=number)
    operator.wait_ring()
    leg.hang_up()
    assert line.wait_fact(line.call_id(number), "CallStart")["DID"] == did


def test_a_withheld_number_is_served_like_any_other(line: Line, citizen: Phone, operator: Phone) -> None:
    leg = citizen.call("12345", withheld=True)
    desk = operator.wait_ring().answer()
    desk.tone(OPERATOR_HZ)
    wait_tone(leg, OPERATOR_HZ)
    leg.hang_up()
    line.call_id("")


def test_number_that_tries_to_forge_facts(line: Line, citizen: Phone) -> None:
    leg = citizen.call("12345", from_number="1390000%2CStage%3A%20x")
    leg.hang_up()
    facts = [fact for fact in line.journal() if fact.get("Caller", "").startswith("1390000")]
    assert {fact["Caller"] for fact in facts} == {"139000023203200"} or all(f["Caller"].isdecimal() for f in facts)
    assert not [fact for fact in line.journal() if fact["UserEvent"] == "CallStart" and "Stage" in fact]


def test_hanging_up_in_the_greeting_is_a_call_too(line: Line, citizen: Phone, number: str) -> None:
    leg = citizen.call("12345", from_number=number)
    hear(leg, "greeting")
    leg.hang_up()
    assert line.wait_fact(line.call_id(number), "CallEnd")["Stage"] == "greeting"


def test_without_a_single_prompt_the_call_goes_on(line: Line, citizen: Phone, operator: Phone, number: str) -> None:
    prompts = line.settings.data_dir / "prompts" / "zh"
    hidden = prompts.rename(prompts.with_name("hidden"))
    try:
        leg = citizen.call("12345", from_number=number)
        operator.wait_ring()
        leg.hang_up()
    finally:
        hidden.rename(prompts)


def test_the_same_facts_come_as_events(line: Line, citizen: Phone, number: str) -> None:
    with line.listening() as events:
        citizen.call("12345", from_number=number).hang_up()
        call_id = line.call_id(number)
        line.wait_fact(call_id, "CallEnd")
        heard = events()
    journal = line.facts(call_id)
    assert {fact["UserEvent"] for fact in journal} >= {"CallStart", "CallEnd"}
    for fact in journal:
        assert any(fact.items() <= event.items() for event in heard), fact
    # `channelvars`: every event of the leg says whose call it is.
    ended = [event["ChanVariable"].splitlines() for event in heard if event.get("Event") == "Hangup"]
    assert any("PARTY=caller" in known for known in ended)
