"""What a call's words and silences suggest to whoever reviews it. Pure; a hint is never a deduction by itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.quality.sheet import HintKind, Limit, PhraseKind, Standard
from callcenter.transcripts.models import Speaker
from callcenter.transcripts.spans import Span, subtract, union


@dataclass(frozen=True)
class Said:
    """Words of one speaker."""

    speaker: Speaker
    span: Span
    text: str


@dataclass(frozen=True)
class Heard:
    """A talk as far as it is known."""

    talk: Span
    """From the operator's answer to the end of the talk."""
    said: Sequence[Said]
    holds: Sequence[Span]
    silences: Sequence[Span] | None
    """As measured in the recording; None: no recording, silence is taken from the words."""


@dataclass(frozen=True)
class Hint:
    """Something noticed, and where in the talk."""

    kind: HintKind
    name: str
    at_seconds: float
    """From the answer on."""
    seconds: float
    text: str


def hints(heard: Heard, standard: Standard) -> list[Hint]:
    """In order of time. Without words nothing is said about words."""
    found = [*_silences(heard, standard.limits[HintKind.SILENCE]), *_holds(heard, standard.limits[HintKind.LONG_HOLD])]
    if heard.said:
        found += [*_phrases(heard, standard), *_forbidden(heard, standard)]
        found += _overlaps(heard, standard.limits[HintKind.OVERLAP])
    return sorted(found, key=lambda hint: hint.at_seconds)


def _operators(heard: Heard) -> list[Said]:
    """The operator's words; of a recording that mixes all voices, everybody's."""
    return [said for said in heard.said if said.speaker in (Speaker.OPERATOR, Speaker.LEADER, Speaker.MIXED)]


def _phrases(heard: Heard, standard: Standard) -> list[Hint]:
    opening, closing = standard.limits[HintKind.NO_OPENING], standard.limits[HintKind.NO_CLOSING]
    first = heard.talk.since + timedelta(seconds=opening.seconds)
    last = heard.talk.until - timedelta(seconds=closing.seconds)
    begun = "".join(said.text for said in _operators(heard) if said.span.since <= first)
    ended = "".join(said.text for said in _operators(heard) if said.span.until >= last)
    found = []
    if not any(phrase.phrase in begun for phrase in standard.words(PhraseKind.OPENING)):
        text = f"接通{opening.seconds:.0f}秒内没有听到规范开头语"
        found.append(Hint(HintKind.NO_OPENING, opening.name, 0.0, opening.seconds, text))
    if not any(phrase.phrase in ended for phrase in standard.words(PhraseKind.CLOSING)):
        at = max(0.0, heard.talk.length.total_seconds() - closing.seconds)
        text = f"结束前{closing.seconds:.0f}秒内没有听到规范结束语"
        found.append(Hint(HintKind.NO_CLOSING, closing.name, at, closing.seconds, text))
    return found


def _forbidden(heard: Heard, standard: Standard) -> list[Hint]:
    limit = standard.limits[HintKind.FORBIDDEN]
    return [
        _hint(heard, limit, said.span, f"“{phrase.phrase}”{'：' + phrase.note if phrase.note else ''}")
        for said in _operators(heard)
        for phrase in standard.words(PhraseKind.FORBIDDEN)
        if phrase.phrase in said.text
    ]


def _silences(heard: Heard, limit: Limit) -> list[Hint]:
    """Nobody speaks and no music plays."""
    if heard.silences is not None:
        quiet = subtract(_inside(heard.silences, heard.talk), heard.holds)
    elif heard.said:
        quiet = subtract([heard.talk], [*(said.span for said in heard.said), *heard.holds])
    else:
        return []
    return [_hint(heard, limit, span, f"静默{_seconds(span):.0f}秒") for span in _longer(quiet, limit)]


def _holds(heard: Heard, limit: Limit) -> list[Hint]:
    return [_hint(heard, limit, span, f"保持{_seconds(span):.0f}秒") for span in _longer(union(heard.holds), limit)]


def _overlaps(heard: Heard, limit: Limit) -> list[Hint]:
    """The operator begins while the caller speaks, and goes on."""
    callers = [said.span for said in heard.said if said.speaker is Speaker.CALLER]
    operators = [said.span for said in heard.said if said.speaker is Speaker.OPERATOR]
    both = [
        Span(operator.since, min(operator.until, caller.until))
        for operator in operators
        for caller in callers
        if caller.since < operator.since < caller.until
    ]
    return [_hint(heard, limit, span, f"抢话{_seconds(span):.1f}秒") for span in _longer(union(both), limit)]


def _hint(heard: Heard, limit: Limit, span: Span, text: str) -> Hint:
    at = max(0.0, (span.since - heard.talk.since).total_seconds())
    return Hint(limit.hint, limit.name, at, _seconds(span), text)


def _longer(spans: Iterable[Span], limit: Limit) -> list[Span]:
    return [span for span in spans if _seconds(span) > limit.seconds]


def _inside(spans: Iterable[Span], whole: Span) -> list[Span]:
    return [Span(max(span.since, whole.since), min(span.until, whole.until)) for span in spans]


def _seconds(span: Span) -> float:
    return span.length.total_seconds()


def span_of(since: datetime, seconds_from: float, seconds_to: float) -> Span:
    """A stretch given in seconds of a recording that began at `since`."""
    return Span(since + timedelta(seconds=seconds_from), since + timedelta(seconds=seconds_to))
