"""The table of a call's life: every fact is taken in every living state, and the end is the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.lifecycle import TRANSITIONS, CallFact, CallState, next_state

pytestmark = pytest.mark.unit

FACTS = st.lists(st.sampled_from(CallFact), max_size=30)


def after(facts: list[CallFact], state: CallState = CallState.GREETING) -> CallState:
    for fact in facts:
        state = next_state(state, fact)
    return state


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ([], "greeting"),
        (["queued", "rang", "ring_stopped"], "queued"),
        (["queued", "rang", "answered"], "talking"),
        (["queued", "answered", "held", "joined"], "conference"),
        (["queued", "answered", "held", "resumed"], "talking"),
        (["answered", "held", "queued"], "queued"),
        (["queued", "answered", "survey_started", "ended"], "ended"),
        (["queued", "voicemail_started", "ended"], "ended"),
        (["answered", "rang"], "talking"),
        (["survey_started", "answered"], "survey"),
    ],
)
def test_the_ways_of_a_call(facts: list[str], state: str) -> None:
    assert after([CallFact(fact) for fact in facts]) == state


@given(FACTS)
def test_nothing_comes_after_the_end(facts: list[CallFact]) -> None:
    assert after([CallFact.ENDED, *facts]) is CallState.ENDED


@given(FACTS)
def test_only_the_end_ends(facts: list[CallFact]) -> None:
    assert (after(facts) is CallState.ENDED) == (CallFact.ENDED in facts)


@given(FACTS, st.sampled_from(CallFact))
def test_a_fact_told_twice_in_a_row_counts_once(facts: list[CallFact], fact: CallFact) -> None:
    assert after([*facts, fact, fact]) is after([*facts, fact])


def test_every_state_can_be_reached_and_left() -> None:
    assert set(TRANSITIONS.values()) | {CallState.GREETING} == set(CallState)
    assert {state for state, _ in TRANSITIONS} == set(CallState) - {CallState.ENDED}
