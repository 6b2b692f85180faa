"""Arithmetic of stretches of time. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple


class Span(NamedTuple):
    """[since, until)."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        return self.until - self.since


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time without overlaps, in order; empty and reversed stretches are dropped."""
    joined: list[Span] = []
    for span in sorted(span for span in spans if span.since < span.until):
        if joined and span.since <= joined[-1].until:
            joined[-1] = Span(joined[-1].since, max(joined[-1].until, span.until))
        else:
            joined.append(span)
    return joined


def subtract(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """What of `spans` lies in none of `taken`."""
    left = union(spans)
    for gone in union(taken):
        left = [
            piece
            for span in left
            for piece in (Span(span.since, min(span.until, gone.since)), Span(max(span.since, gone.until), span.until))
            if piece.since < piece.until
        ]
    return left


def intersect(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """What lies in both."""
    spans = union(spans)
    return subtract(spans, subtract(spans, others))
