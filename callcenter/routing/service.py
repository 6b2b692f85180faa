"""Decide on a call as its text grows, with the rules in force, and keep what was decided."""

from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import bus
from callcenter.core.clock import now
from callcenter.routing.facts import Decision, Facts
from callcenter.routing.loader import RuleBook
from callcenter.routing.models import CallDecision
from callcenter.settings import get_settings


@lru_cache
def _book(folder: Path) -> RuleBook:
    return RuleBook(folder)


def rule_book() -> RuleBook:
    """The rules in force in this process; a broken file never replaces a good set."""
    return _book(get_settings().rules_dir)


def as_json(decision: Decision) -> dict[str, Any]:
    """The decision as stored and shown; each reason also as the sentence people read."""
    return {**asdict(decision), "reasons": [{**asdict(r), "text": str(r)} for r in decision.reasons]}


def decide_for_call(
    session: Session, *, call_id: str, text: str, at: datetime, line: str = "", repeat_calls: int = 0
) -> CallDecision:
    """Decide on the caller's words so far and say so to those who watch the call."""
    rules = rule_book().current()
    facts = Facts(text=text, at=at, line=line, repeat_calls=repeat_calls)
    row = find(session, call_id=call_id) or CallDecision(call_id=call_id)
    row.decided_at, row.rules_version = now(), rules.version
    row.facts = {**asdict(facts), "at": at.isoformat()}
    row.decision = as_json(rules.engine.decide(facts))
    session.add(row)
    session.flush()
    bus.publish(session, f"call:{call_id}", "decision.made", {"decision_id": row.id})
    return row


def find(session: Session, *, call_id: str) -> CallDecision | None:
    """The latest decision on a call; None while nothing was said."""
    return session.scalar(select(CallDecision).where(CallDecision.call_id == call_id))
