"""Life of a call: which fact reported from the line leads from which state to which. Pure.

Facts may arrive late or not at all (the listener was down), so every living state accepts every fact that the line
can really report; only an ended call accepts nothing more.
"""

from enum import StrEnum


class CallState(StrEnum):
    """Where the caller is."""

    GREETING = "greeting"
    QUEUED = "queued"
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"
    CONFERENCE = "conference"
    SURVEY = "survey"
    VOICEMAIL = "voicemail"
    ENDED = "ended"


class CallFact(StrEnum):
    """What the line reports about the caller's side."""

    QUEUED = "queued"
    RANG = "rang"
    RING_STOPPED = "ring_stopped"
    ANSWERED = "answered"
    HELD = "held"
    RESUMED = "resumed"
    JOINED = "joined"
    SURVEY_STARTED = "survey_started"
    VOICEMAIL_STARTED = "voicemail_started"
    ENDED = "ended"


class CallOutcome(StrEnum):
    """What became of a call that has ended."""

    ANSWERED = "answered"
    MISSED = "missed"
    """The caller hung up before anybody answered."""
    CALLBACK = "callback"
    """Nobody was free; the caller asked by key to be called back."""
    VOICEMAIL = "voicemail"
    NOT_REACHED = "not_reached"
    """We called, and nobody answered."""


_WAITING = (CallState.GREETING, CallState.QUEUED, CallState.RINGING)
_WITH_PEOPLE = (CallState.TALKING, CallState.HELD, CallState.CONFERENCE)
_LIVING = tuple(state for state in CallState if state is not CallState.ENDED)


def _rows(states: tuple[CallState, ...], fact: CallFact, to: CallState) -> dict[tuple[CallState, CallFact], CallState]:
    return {(state, fact): to for state in states}


TRANSITIONS: dict[tuple[CallState, CallFact], CallState] = {
    # A caller comes back to the queue when the operator's phone died or a consultation broke off.
    **_rows(_LIVING, CallFact.QUEUED, CallState.QUEUED),
    **_rows((CallState.GREETING, CallState.QUEUED, CallState.RINGING), CallFact.RANG, CallState.RINGING),
    **_rows((CallState.RINGING,), CallFact.RING_STOPPED, CallState.QUEUED),
    **_rows(_WAITING, CallFact.ANSWERED, CallState.TALKING),
    **_rows((*_WITH_PEOPLE, *_WAITING), CallFact.HELD, CallState.HELD),
    **_rows((*_WITH_PEOPLE, *_WAITING), CallFact.RESUMED, CallState.TALKING),
    **_rows((*_WITH_PEOPLE, *_WAITING), CallFact.JOINED, CallState.CONFERENCE),
    **_rows(_LIVING, CallFact.SURVEY_STARTED, CallState.SURVEY),
    **_rows(_LIVING, CallFact.VOICEMAIL_STARTED, CallState.VOICEMAIL),
    **_rows(_LIVING, CallFact.ENDED, CallState.ENDED),
}


def next_state(state: CallState, fact: CallFact) -> CallState:
    """State after the fact; a fact that says nothing new about this state (a repeat, a late one) leaves it."""
    return TRANSITIONS.get((state, fact), state)
