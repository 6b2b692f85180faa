"""Decisions of calls: made from the words so far, stored with their facts, judged by a person."""

from collections.abc import Collection
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.core import audit, bus
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Invalid, NotFound, Unavailable
from callcenter.core.security import Actor, Permission, require
from callcenter.routing.book import RuleBook
from callcenter.routing.city import SPECIALIST
from callcenter.routing.facts import Decision, Facts
from callcenter.routing.loader import RuleSet
from callcenter.routing.models import CallDecision, Verdict
from callcenter.settings import get_settings

FINAL_FIELDS = ("kind", "topic", "urgency", "outcome", "lead_unit", "co_units", "town")


@lru_cache
def rule_book() -> RuleBook:
    """The rules of this process."""
    return RuleBook(get_settings().rules_dir)


def try_out(facts: Facts) -> tuple[Decision, str]:
    """What the rules say now, without keeping it; with the version of the rules."""
    rules = rule_book().current()
    return rules.engine.decide(facts), rules.version


def version_in_force() -> str:
    """The version of the rules and the dispatch catalogue in use; empty while there is no good one."""
    try:
        return rule_book().current().version
    except Unavailable:
        return ""


def specialist_for(topic: str) -> str:
    """The department that the dispatch catalogue names for a topic; empty where the territory or nobody is named."""
    known = rule_book().current().engine.city.topics.get(topic)
    lead = known.default_lead if known else ""
    return lead.removeprefix(SPECIALIST) if lead.startswith(SPECIALIST) else ""


def keep(session: Session, *, call_id: str, facts: Facts, decision: Decision, version: str) -> CallDecision:
    """Keep what was decided on a call; the same again changes nothing."""
    shown = as_shown(decision)
    row = latest(session, call_id=call_id)
    if row is not None and row.decision == shown and row.rules_version == version:
        return row
    if row is None or row.verdict is not None:
        row = CallDecision(call_id=call_id)
        session.add(row)
    row.at, row.rules_version = now(), version
    row.facts = {**asdict(facts), "at": facts.at.isoformat() if facts.at else ""}
    row.decision, row.reasons = shown, [asdict(reason) for reason in decision.reasons]
    session.flush()
    bus.publish(session, f"call:{call_id}", "decision.made", {"decision_id": row.id})
    return row


def latest(session: Session, *, call_id: str) -> CallDecision | None:
    """The newest suggestion of a call."""
    chosen = select(CallDecision).where(CallDecision.call_id == call_id).order_by(CallDecision.id.desc()).limit(1)
    return session.scalar(chosen)


def latest_of(session: Session, *, call_ids: Collection[str]) -> dict[str, CallDecision]:
    """The newest suggestion of each of these calls."""
    newest = select(func.max(CallDecision.id)).where(CallDecision.call_id.in_(call_ids)).group_by(CallDecision.call_id)
    return {row.call_id: row for row in session.scalars(select(CallDecision).where(CallDecision.id.in_(newest)))}


def texts_of_calls(session: Session, *, limit: int) -> list[tuple[str, str]]:
    """What callers said lately, by call: what rules are tried on."""
    newest = select(func.max(CallDecision.id)).group_by(CallDecision.call_id)
    chosen = select(CallDecision).where(CallDecision.id.in_(newest)).order_by(CallDecision.id.desc()).limit(limit)
    return [(row.call_id, row.facts["text"]) for row in session.scalars(chosen)]


def record_verdict(
    session: Session, *, decision_id: int, verdict: Verdict, final: dict[str, Any] | None = None, by: Actor
) -> CallDecision:
    """Keep what a person did with a suggestion: accepted as it was, edited to `final`, or rejected."""
    require(by, Permission.TICKET_CREATE)
    row = session.get(CallDecision, decision_id, with_for_update=True)
    if row is None:
        raise NotFound(f"没有编号为 {decision_id} 的判定建议。")
    if row.verdict is not None:
        raise Conflict("这条建议已经有人处理过，请刷新后查看。")
    suggested = {name: row.decision[name] for name in FINAL_FIELDS}
    if verdict is Verdict.EDIT:
        row.final = _checked(rule_book().current(), {**suggested, **(final or {})})
    else:
        row.final = suggested if verdict is Verdict.ACCEPT else {}
    _judge(session, row, verdict, by)
    return row


def judge_by_ticket(
    session: Session, *, call_id: str, verdict: Verdict, final: dict[str, Any], by: Actor
) -> CallDecision | None:
    """What became of a call's suggestion, read from the ticket that was made of it; the first ticket says it."""
    row = latest(session, call_id=call_id)
    if row is None or row.verdict is not None:
        return None
    row.final = {} if verdict is Verdict.REJECT else {name: final[name] for name in FINAL_FIELDS}
    _judge(session, row, verdict, by)
    return row


def _judge(session: Session, row: CallDecision, verdict: Verdict, by: Actor) -> None:
    suggested = {name: row.decision[name] for name in FINAL_FIELDS}
    row.verdict, row.verdict_by_id, row.verdict_at = verdict, by.user_id, now()
    changed = sorted(name for name, value in row.final.items() if value != suggested[name])
    audit.record(session, by, f"decision.{verdict}", f"decision:{row.id}", details={"changed": changed})
    bus.publish(session, f"call:{row.call_id}", "decision.judged", {"decision_id": row.id, "verdict": verdict})


def reload(session: Session, *, by: Actor) -> RuleBook:
    """Read the rule files again; a broken file leaves the rules in use as they are."""
    require(by, Permission.RULES_PUBLISH)
    book = rule_book()
    book.reload()
    audit.record(session, by, "rules.reload", f"rules:{book.version}", details={"problems": len(book.problems)})
    return book


def _checked(rules: RuleSet, final: dict[str, Any]) -> dict[str, Any]:
    city = rules.engine.city
    known = {
        "kind": city.kinds,
        "topic": city.topics,
        "urgency": city.urgencies,
        "outcome": city.outcomes,
        "lead_unit": {*city.units, "TERRITORY"},
    }
    unknown = sorted(set(final) - set(FINAL_FIELDS))
    wrong = [f"{name}={final[name]}" for name, values in known.items() if final[name] not in values]
    wrong += [f"co_units={unit}" for unit in final["co_units"] if unit not in known["lead_unit"]]
    if unknown or wrong:
        raise Invalid(f"改成的值不在城市数据里：{'、'.join(unknown + wrong)}。请从列表中选择。")
    return final


def as_shown(decision: Decision) -> dict[str, Any]:
    """A decision as it is stored and shown; its reasons stand beside it."""
    fields = asdict(decision)
    del fields["reasons"]
    fields["topics"] = [list(topic) for topic in decision.topics]
    fields["risks"] = [asdict(risk) | {"words": list(risk.words)} for risk in decision.risks]
    return fields
