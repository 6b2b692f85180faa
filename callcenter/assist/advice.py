"""Everything advised on what was said so far, as one piece: made for a call, for notes, or to try it out."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from callcenter.assist.alike import likely_same
from callcenter.assist.draft import draft, named_by_form
from callcenter.core.clock import now
from callcenter.core.masking import mask_text
from callcenter.knowledge.service import notices, searching
from callcenter.routing.facts import Decision
from callcenter.routing.service import as_shown

ASKED_LAST = 200
"""Characters in which the answer is looked for: what is being asked was said last."""
ANSWERS = 3


@dataclass(frozen=True)
class Talk:
    """What the advice is about."""

    call_id: str
    words: str
    caller_number: str | None = None
    at: datetime | None = None


def advise(session: Session, *, talk: Talk, decision: Decision, version: str, interim: bool = False) -> dict[str, Any]:
    """The advice as screens get it."""
    asked = talk.words[-ASKED_LAST:]
    found = searching.search(session, text=asked, top=ANSWERS, area=decision.town) if asked.strip() else []
    written = draft(talk.words, decision)
    same = likely_same(
        session,
        call_id=talk.call_id,
        caller_number=talk.caller_number,
        decision=decision,
        also_named=named_by_form(talk.words, decision),
        at=talk.at or now(),
    )
    return {
        "decision": as_shown(decision),
        "reasons": [asdict(reason) | {"words": list(reason.words)} for reason in decision.reasons],
        "notices": [
            {"id": notice.id, "title": notice.title, "text": notice.text}
            for notice in notices.about(session, text=asked, area=decision.town)
        ],
        "answers": [
            {"id": answer.entry_id, "question": answer.content.question, "answer": answer.content.answer}
            | {"topic": answer.content.topic, "score": answer.score}
            for answer in found
        ],
        "duplicates": [asdict(likely) | {"registered_at": likely.registered_at.isoformat()} for likely in same],
        "risks": [
            {"rule": risk.rule, "says": risk.says, "words": [mask_text(word) for word in risk.words]}
            for risk in decision.risks
        ],
        "draft": asdict(written) | {"elements": [asdict(element) for element in written.elements]},
        "rules_version": version,
        "interim": interim,
    }
