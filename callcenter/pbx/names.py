"""Names shared by the dialplan, the AGI scripts and the listener: variables, user events, contexts.

A name used on two sides of the boundary to Asterisk is written here once; a test checks the dialplan against it.
"""

from enum import StrEnum


class Variable(StrEnum):
    """Dialplan variables. Those of `route_call` have safe defaults before the script is asked."""

    CALL_ID = "CALLUUID"
    """Identity of the whole call, inherited by every leg."""
    PARTY = "PARTY"
    """Who sits on this leg: caller, operator, department, leader, supervisor, surveyor."""
    DID = "DID"
    """Number the caller dialled (12345 or a merged old number)."""
    QUEUE = "ROUTE_QUEUE"
    PRIORITY = "ROUTE_PRIORITY"
    GREETING = "ROUTE_GREETING"
    """Prompt file played before the queue."""
    BLOCKED = "ROUTE_BLOCKED"
    """1: play the warning of a blocked number; the call still reaches a person (no caller is cut off)."""
    POSITION = "ROUTE_POSITION"
    """Place in the queue that the caller keeps from an earlier call; empty: at the end."""
    OPERATOR = "ROUTE_OPERATOR"
    """Extension rung before the queue, for OPERATOR_SECONDS; empty: none."""
    OPERATOR_SECONDS = "ROUTE_OPERATOR_SECONDS"
    OVERLOADED = "ROUTE_OVERLOADED"
    """1: offer to call back before the wait."""
    ON_CALL = "ROUTE_ON_CALL"
    """Numbers rung one after the other when no seat answers, joined by &; empty: LAST_RESORT."""
    DONE = "ROUTE_DONE"
    """Set to 1 by the script as its last act; AGISTATUS alone says SUCCESS even after a crash."""
    CALLER = "CALLER"
    """The caller's number, empty when withheld."""
    CALLER_LEG = "CALLERCHAN"
    """The caller's channel, inherited; whoever dials a department for a call passes it with the call's id."""
    RECORDING = "RECORDING"
    """Start of the names of this call's sound files, inside the recordings folder."""
    MONITORED = "SPYCHAN"
    """The leg a supervisor is put on."""
    NUMBER = "NUMBER"
    """Whom a call placed by the line itself is to reach."""
    NOTICE_SOUNDS = "NOTICESOUNDS"
    """A whole notice to a unit as sounds, joined by &."""
    CITIZEN_TAP = "CITIZENTAP"
    SURVEYOR_TAP = "SURVEYORTAP"
    """Keys of the audio copies of a ticket's callback."""
    SPOKEN = "SPOKEN"
    """Key that `spoken_answer` understood the citizen's words as; empty: none."""
    TAKEN_FROM = "TAKENFROM"
    """The operator's leg that a supervisor replaces."""
    INVITED = "INVITED"
    """Whom a call out is for, inherited: department, colleague, or back (the operator's own phone again)."""
    FURTHER = "FURTHER"
    """Numbers rung one after the other when the one dialled does not answer, joined by &, inherited."""
    RING_SECONDS = "RING_SECONDS"
    """How long each of several numbers rings, inherited; else the dialplan's own."""
    MOVE_TO = "MOVE_TO"
    """Queue an operator gives the caller to; empty: the one they came from."""
    HEARD = "HEARD"
    """The caller a media seat is opened to, on the seat's own leg."""
    CONSENT = "SHARED(CONSENT)"
    """1: the caller has agreed that the media listen. This and the next two on the caller's leg."""
    MEDIA_SEAT = "SHARED(MEDIASEAT)"
    MEDIA_LEADER = "SHARED(MEDIALEADER)"
    """The leader's leg without which the media seat hears nothing."""
    LEG = "LEG"
    """Key of a leg that the application invited, inherited; other legs are known by their channel's unique id."""


class UserEvent(StrEnum):
    """Facts the dialplan reports, each with CallUUID, Leg (key of the leg) and At (ISO time, UTC, milliseconds).

    Every one is also a line of the journal (`callcenter/pbx/journal.py`), so what happened while nobody listened is
    made up from there, by the same handlers.
    """

    CALL_START = "CallStart"
    """DID, Caller (empty when withheld)."""
    ROUTE_FAILED = "RouteFailed"
    """AgiStatus: the defaults were used."""
    RECORDING = "Recording"
    """File (inside the recordings folder), Party: caller for the whole call, operator for a stay in the room."""
    TAP = "Tap"
    """TapID, Party: an audio copy of one party goes to asr."""
    QUEUE_JOINED = "QueueJoined"
    """Queue, Priority."""
    OPERATOR_RUNG = "OperatorRung"
    """Number: the caller is offered to this operator."""
    QUEUE_LEFT = "QueueLeft"
    """Queue, Status (QUEUESTATUS, or KEY when the caller pressed one)."""
    PARTY_STATE = "PartyState"
    """Party, Number (endpoint or number dialled; none for the caller), State (talk, hold, room, next, left, failed),
    Cause (Q.850) with next, left and failed, Status (DIALSTATUS) with next and failed. next: this number was not
    reached, another is rung now."""
    CALLBACK_REQUEST = "CallbackRequest"
    """Kind (key, voicemail), Number (empty when withheld), File for voicemail."""
    MESSAGE_START = "MessageStart"
    SURVEY_START = "SurveyStart"
    SURVEY_ANSWER = "SurveyAnswer"
    """Question (satisfaction, solved), Key (raw, may be empty), Result (answered, invalid, timeout, hangup).
    A question is put once more after a wrong key or silence: the last report counts."""
    FOLLOW_UP = "FollowUp"
    """Of a ticket's callback, whose id stands in CallUUID. State (dialling, answered, machine, failed, ended,
    desk_failed), File with answered, Cause (Q.850) and Status (DIALSTATUS) with failed."""
    FOLLOW_UP_ANSWER = "FollowUpAnswer"
    """Question (unit, solved, hotline), Key (may be empty), Result (answered, invalid, timeout, hangup), Source (keys,
    speech)."""
    CALLBACK = "Callback"
    """Of our call to somebody nobody had answered. State (dialling, answered, failed, desk_failed), Cause (Q.850) and
    Status (DIALSTATUS) with failed. Leg is the citizen's with answered."""
    MEDIA_CONSENT = "MediaConsent"
    """Key: what the caller pressed when asked for consent, or to take it back; empty: nothing."""
    NOTICE = "Notice"
    """Of a notice to a unit, whose call's id stands in CallUUID. State (dialling, answered, confirmed, failed; at the
    end hung_up, no_key or wrong_key unless it was confirmed), Key with those three, Cause (Q.850) and Status
    (DIALSTATUS) with failed."""
    CALL_END = "CallEnd"
    """Cause, Stage (greeting, queue, talk, hold, room, survey, callback, voicemail)."""


class Context(StrEnum):
    """Contexts that other parts send calls to."""

    INBOUND = "inbound"
    OPERATORS = "operators"
    """Where an operator's own phone dials."""
    THREEWAY = "threeway"
    """Extensions: caller, operator, department, seat, hold, consent."""
    AFTER_TALK = "after-talk"
    """Extensions: lost and moved, both to a queue, ahead of everybody."""
    MONITOR = "monitor"
    """Extensions: listen, whisper, barge, with the operator's channel in SPYCHAN."""
    MEDIA = "media"
    """Extension silent: where a media seat is until it may hear a caller."""
    FOLLOW_UP = "follow-up"
    """Extensions: person (the surveyor waits while the citizen is rung), robot (the questions)."""
    FOLLOW_UP_DESK = "follow-up-desk"
    """`Local/<extension>@follow-up-desk/n` rings the surveyor."""
    FOLLOW_UP_CITIZEN = "follow-up-citizen"
    """`Local/<number>@follow-up-citizen/n` rings the citizen."""
    CALLBACK = "callback"
    """Extension operator: whoever called back is there, now the citizen is rung."""
    CALLBACK_DESK = "callback-desk"
    """`Local/<extension>@callback-desk/n` rings whoever calls back."""
    NOTICE = "notice"
    """Extension s: says a notice and waits for the key that confirms it."""
    NOTICE_UNIT = "notice-unit"
    """`Local/<number>@notice-unit/n` rings the unit."""
    TAKE_OVER = "take-over"
    """A supervisor's phone that replaces the operator in TAKENFROM."""
    OUTBOUND = "outbound"
    """`Local/<number>@outbound/n` rings a department or an internal number, then those in FURTHER; when all fail, a
    caller on hold is put back with the operator by the dialplan itself."""


class Prompt(StrEnum):
    """Sounds that the application itself puts somewhere."""

    INCIDENT = "incident"
    """Played in a queue while an incident's own words are not spoken yet."""


DEFAULT_QUEUE = "q12345"
LEADER_QUEUE = "qleader"


def notice_sounds(reason: str, ticket_number: str) -> list[str]:
    """A whole notice to a unit: who calls, why, the ticket's number by its digits, what to press."""
    digits = [f"digits/{digit}" for digit in ticket_number if digit.isdecimal()]
    return ["notice-greeting", f"notice-{reason}", "notice-ticket", *digits, "notice-press"]
