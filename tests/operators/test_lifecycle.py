"""The table of a seat's life."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.operators.lifecycle import (
    STATE_NAMES,
    TRANSITIONS,
    InvalidSeatAction,
    SeatAction,
    SeatState,
    allowed_actions,
    next_state,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("state", "action", "to"),
    [
        ("offline", "log_in", "ready"),
        ("ready", "pause", "break"),
        ("break", "ready", "ready"),
        ("ready", "ring", "ringing"),
        ("ringing", "ring_out", "ready"),
        ("ringing", "no_answer", "break"),
        ("ringing", "answer", "on_call"),
        ("ready", "answer", "on_call"),
        ("on_call", "hang_up", "wrap_up"),
        ("wrap_up", "finish_wrap_up", "ready"),
        ("wrap_up", "pause", "break"),
        ("wrap_up", "log_out", "offline"),
        ("on_call", "log_in", "on_call"),
    ],
)
def test_what_is_allowed(state: str, action: str, to: str) -> None:
    assert next_state(SeatState(state), SeatAction(action)) == to


@pytest.mark.parametrize(
    ("state", "action"),
    [("on_call", "log_out"), ("ringing", "pause"), ("offline", "ready"), ("offline", "answer"), ("on_call", "pause"),
     ("ready", "hang_up"), ("ready", "finish_wrap_up")],
)  # fmt: skip
def test_what_is_not_says_so_in_chinese(state: str, action: str) -> None:
    with pytest.raises(InvalidSeatAction) as refused:
        next_state(SeatState(state), SeatAction(action))
    assert STATE_NAMES[SeatState(state)] in refused.value.message


@given(st.lists(st.sampled_from(SeatAction), max_size=40))
def test_nobody_goes_offline_from_a_call(actions: list[SeatAction]) -> None:
    state = SeatState.OFFLINE
    for action in actions:
        before = state
        state = TRANSITIONS.get((state, action), state)
        if state is SeatState.OFFLINE:
            assert before not in (SeatState.ON_CALL, SeatState.RINGING)


@pytest.mark.parametrize("state", SeatState)
def test_offered_actions_do_something(state: SeatState) -> None:
    assert all(next_state(state, action) is not state for action in allowed_actions(state))
