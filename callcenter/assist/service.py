"""Advice that follows the talk, typed notes that feed the same rules, and what people did with each suggestion."""

import time
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.assist.advice import Talk, advise
from callcenter.assist.models import AdviceVerdict, CallAdvice, SuggestionKind
from callcenter.assist.talk import Talks
from callcenter.calls.models import Call
from callcenter.calls.queries import call as find_call
from callcenter.core import audit, bus
from callcenter.core.clock import local, now
from callcenter.core.errors import Invalid
from callcenter.core.masking import mask_text
from callcenter.core.security import Actor, Permission, Role, require
from callcenter.messages import service as messages
from callcenter.messages.models import Channel
from callcenter.routing import service as routing
from callcenter.routing.facts import Facts, Reason
from callcenter.routing.models import Verdict

GLANCE_SECONDS = 0.25
"""Words still being said are looked at no oftener than this."""
TRYING = "-"
"""The talk of somebody who tries notes without a call: nothing of it is remembered."""


@lru_cache
def talks() -> Talks:
    """The readings of this process."""
    return Talks()


def follow(session: Session, *, call: Call, words: str) -> CallAdvice:
    """Advise on everything said (and typed) up to now, keep it and send it to the screens."""
    row = _row(session, call.id)
    facts = _facts(call, _together(row.notes, words))
    rules = routing.rule_book().current()
    decision = talks().decide(call.id, facts, rules)
    routing.keep(session, call_id=call.id, facts=facts, decision=decision, version=rules.version)
    advice = advise(session, talk=_talk(call, facts.text), decision=decision, version=rules.version)
    for risk in decision.risks:
        _tell_supervisor(session, call, risk)
    row.at, row.rules_version, row.advice = now(), rules.version, advice
    session.flush()
    bus.publish(session, f"call:{call.id}", "assist.changed", advice)
    return row


def glance(session: Session, *, call: Call, words: str, interim: str) -> None:
    """Send the advice on words that may still change; nothing is kept, nobody is told."""
    if not _is_due(call.id):
        return
    kept = session.get(CallAdvice, call.id)
    facts = _facts(call, "。".join(part for part in (_together(kept.notes if kept else "", words), interim) if part))
    rules = routing.rule_book().current()
    decision = talks().glance(call.id, facts, rules)
    advice = advise(session, talk=_talk(call, facts.text), decision=decision, version=rules.version, interim=True)
    bus.send(f"call:{call.id}", "assist.changed", advice)


def write_notes(session: Session, *, call_id: str, notes: str, words: str, by: Actor) -> CallAdvice:
    """Keep what the operator typed and advise on it together with what the caller said."""
    require(by, Permission.TICKET_CREATE)
    call = find_call(session, call_id)
    row = _row(session, call_id)
    row.notes = notes.strip()
    audit.record(session, by, "assist.notes", f"call:{call_id}", details={"characters": len(row.notes)})
    return follow(session, call=call, words=words)


def try_out(session: Session, *, facts: Facts) -> dict[str, Any]:
    """Advice on notes of no call; nothing is kept."""
    decision, version = routing.try_out(facts)
    return advise(session, talk=Talk(TRYING, facts.text), decision=decision, version=version)


def latest(session: Session, *, call_id: str) -> CallAdvice | None:
    """What was last advised in a call."""
    return session.get(CallAdvice, call_id)


def judge(
    session: Session, *, call_id: str, kind: SuggestionKind, subject: str, verdict: Verdict, final: str = "", by: Actor
) -> AdviceVerdict:
    """Keep what a person did with one suggestion; the same again changes nothing, another verdict replaces it."""
    require(by, Permission.TICKET_CREATE)
    find_call(session, call_id)
    if kind is SuggestionKind.DECISION:
        raise Invalid("判定建议随工单一并处理，请在建议面板采纳、修改或不采纳后登记工单。")
    if verdict is Verdict.EDIT and not final.strip():
        raise Invalid("修改了建议的，请写明改成了什么。")
    chosen = select(AdviceVerdict).where(
        AdviceVerdict.call_id == call_id, AdviceVerdict.kind == kind, AdviceVerdict.subject == subject
    )
    row = session.scalar(chosen.with_for_update()) or AdviceVerdict(call_id=call_id, kind=kind, subject=subject)
    if row.id is not None and (row.verdict, row.final) == (verdict, final.strip()):
        return row
    row.verdict, row.final, row.by_id, row.at = verdict, final.strip(), by.user_id, now()
    session.add(row)
    session.flush()
    audit.record(session, by, f"assist.{verdict}", f"call:{call_id}", details={"kind": kind, "subject": subject})
    bus.publish(session, f"call:{call_id}", "assist.judged", {"kind": kind, "subject": subject, "verdict": verdict})
    return row


def verdicts(session: Session, *, call_id: str) -> list[AdviceVerdict]:
    """What was done with the suggestions of a call."""
    chosen = select(AdviceVerdict).where(AdviceVerdict.call_id == call_id)
    return list(session.scalars(chosen.order_by(AdviceVerdict.id)))


def _row(session: Session, call_id: str) -> CallAdvice:
    row = session.get(CallAdvice, call_id, with_for_update=True)
    if row is None:
        row = CallAdvice(call_id=call_id, at=now())
        session.add(row)
        session.flush()
    return row


def _together(notes: str, words: str) -> str:
    """Notes first: what is added at the end by the talk then costs only its own work."""
    return "。".join(part for part in (notes.strip("。"), words) if part)


def _facts(call: Call, text: str) -> Facts:
    return Facts(text, at=local(call.started_at), line=call.line or call.did, repeat_calls=call.repeat_count)


def _talk(call: Call, text: str) -> Talk:
    return Talk(call.id, text, call.caller_number, now())


def _tell_supervisor(session: Session, call: Call, risk: Reason) -> None:
    """Silently: the caller hears nothing, the message says what was heard and where to look."""
    said = mask_text("、".join(risk.words))
    messages.say(
        session,
        key=f"risk:{call.id}:{risk.rule}",
        channel=Channel.IN_APP,
        subject=f"call:{call.id}",
        title=f"通话风险提示：{risk.says}",
        text=f"{f'听到“{said}”。' if said else ''}请留意这通电话，必要时监听或接手。",
        role=Role.SUPERVISOR,
    )


_glanced: dict[str, float] = {}


def _is_due(call_id: str) -> bool:
    at = time.monotonic()
    if at - _glanced.get(call_id, 0.0) < GLANCE_SECONDS:
        return False
    if len(_glanced) > 1000:
        _glanced.clear()
    _glanced[call_id] = at
    return True
