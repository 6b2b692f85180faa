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
    DONE = "ROUTE_DONE"
    """Set to 1 by the script as its last act; AGISTATUS alone says SUCCESS even after a crash."""
    SURVEY_DONE = "SURVEY_DONE"


class UserEvent(StrEnum):
    """Events the dialplan itself reports, so that a record is complete when Python was down for a while."""

    CALL_START = "CallStart"
    """CallUUID, DID, Caller (empty when withheld)."""
    ROUTE_FAILED = "RouteFailed"
    """CallUUID, AgiStatus: the defaults were used."""
    RECORDING = "Recording"
    """CallUUID, File (name inside the recordings folder)."""
    TAP = "Tap"
    """CallUUID, TapID, Party: an audio copy of one party goes to asr."""
    QUEUE_LEFT = "QueueLeft"
    """CallUUID, Queue, Status (QUEUESTATUS)."""
    CALLBACK_REQUEST = "CallbackRequest"
    """CallUUID, Kind (key, voicemail), File for voicemail."""
    SURVEY_START = "SurveyStart"
    SURVEY_ANSWER = "SurveyAnswer"
    """CallUUID, Question (satisfaction, solved), Key (raw, may be empty), Result (answered, invalid, timeout, hangup)."""
    CALL_END = "CallEnd"
    """CallUUID, Cause, Stage (greeting, queue, talk, survey, voicemail)."""


class Context(StrEnum):
    """Contexts that other parts send calls to."""

    INBOUND = "inbound"
    THREEWAY = "threeway"
    """Extensions: caller, operator, department, hold."""
    OUTBOUND = "outbound"
    TAP = "tap"
    SURVEY = "survey"


DEFAULT_QUEUE = "q12345"
LEADER_QUEUE = "qleader"
