"""Life of an operator's seat: state, action, next state. Pure."""

from enum import StrEnum

from callcenter.core.errors import Conflict


class SeatState(StrEnum):
    """What the operator is doing."""

    OFFLINE = "offline"
    READY = "ready"
    RINGING = "ringing"
    ON_CALL = "on_call"
    WRAP_UP = "wrap_up"
    BREAK = "break"


STATE_NAMES = {
    SeatState.OFFLINE: "离席",
    SeatState.READY: "空闲",
    SeatState.RINGING: "振铃",
    SeatState.ON_CALL: "通话中",
    SeatState.WRAP_UP: "话后处理",
    SeatState.BREAK: "小休",
}


class SeatAction(StrEnum):
    """What the operator does, or the line reports about the operator's phone."""

    LOG_IN = "log_in"
    LOG_OUT = "log_out"
    PAUSE = "pause"
    READY = "ready"
    FINISH_WRAP_UP = "finish_wrap_up"
    RING = "ring"
    RING_OUT = "ring_out"
    """Rang and was not answered: the caller is offered to somebody else."""
    NO_ANSWER = "no_answer"
    """Rang out and was taken out of the queue: an unattended phone must not be offered callers."""
    ANSWER = "answer"
    HANG_UP = "hang_up"


_S, _A = SeatState, SeatAction

TRANSITIONS: dict[tuple[SeatState, SeatAction], SeatState] = {
    (_S.OFFLINE, _A.LOG_IN): _S.READY,
    # A page that is loaded again logs in again; who is gone may leave once more.
    **{(state, _A.LOG_IN): state for state in _S if state is not _S.OFFLINE},
    (_S.OFFLINE, _A.LOG_OUT): _S.OFFLINE,
    **{(state, _A.LOG_OUT): _S.OFFLINE for state in (_S.READY, _S.WRAP_UP, _S.BREAK)},
    **{(state, _A.PAUSE): _S.BREAK for state in (_S.READY, _S.WRAP_UP, _S.BREAK)},
    **{(state, _A.READY): _S.READY for state in (_S.READY, _S.WRAP_UP, _S.BREAK)},
    (_S.WRAP_UP, _A.FINISH_WRAP_UP): _S.READY,
    (_S.READY, _A.RING): _S.RINGING,
    (_S.RINGING, _A.RING_OUT): _S.READY,
    **{(state, _A.NO_ANSWER): _S.BREAK for state in (_S.READY, _S.RINGING)},
    # The phone tells the truth: whatever the seat said before, somebody who answers is on a call.
    **{(state, _A.ANSWER): _S.ON_CALL for state in _S if state is not _S.OFFLINE},
    (_S.ON_CALL, _A.HANG_UP): _S.WRAP_UP,
}


class InvalidSeatAction(Conflict):
    """The action does not fit the seat's present state."""

    code = "invalid_seat_action"


def next_state(state: SeatState, action: SeatAction) -> SeatState:
    """State after the action; raises InvalidSeatAction where the table has no row."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise InvalidSeatAction(
            f"您当前处于“{STATE_NAMES[state]}”状态，不能进行此操作，请先结束当前状态。",
            details={"state": state.value, "action": action.value},
        ) from None


def allowed_actions(state: SeatState) -> list[SeatAction]:
    """What a page may offer in this state: what would change it."""
    own = (_A.LOG_IN, _A.LOG_OUT, _A.PAUSE, _A.READY, _A.FINISH_WRAP_UP)
    return [action for action in own if TRANSITIONS.get((state, action), state) is not state]
