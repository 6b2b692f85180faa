"""How often each kind of suggestion was taken, edited or refused: numerator, denominator, and what is left out."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.assist.models import AdviceVerdict, CallAdvice, SuggestionKind
from callcenter.core.security import Actor, Permission, require
from callcenter.routing.models import CallDecision, Verdict

KIND_NAMES = {
    SuggestionKind.DECISION: "判定建议",
    SuggestionKind.ANSWER: "知识答案",
    SuggestionKind.DUPLICATE: "疑似重复",
    SuggestionKind.QUESTION: "追问",
    SuggestionKind.RISK: "风险提示",
    SuggestionKind.DRAFT: "工单草稿",
}
DEFINITION = "采纳率＝采纳数÷有结论数（采纳＋修改＋不采纳）；没有人处理过的建议不计入，通话数另列。"


@dataclass(frozen=True)
class Line:
    """One kind of suggestion over a period."""

    kind: SuggestionKind
    name: str
    calls: int
    """Calls in which the kind was suggested."""
    accepted: int
    edited: int
    rejected: int

    @property
    def judged(self) -> int:
        return self.accepted + self.edited + self.rejected

    @property
    def rate(self) -> float | None:
        """Accepted of judged; None, not zero, when nothing was judged."""
        return self.accepted / self.judged if self.judged else None


def by_kind(session: Session, *, since: datetime, until: datetime, by: Actor) -> list[Line]:
    """All kinds, in the order of the screen."""
    require(by, Permission.TICKET_SUPERVISE)
    judged: Counter[tuple[SuggestionKind, Verdict]] = Counter()
    counted = select(AdviceVerdict.kind, AdviceVerdict.verdict, func.count()).where(
        AdviceVerdict.at >= since, AdviceVerdict.at < until
    )
    for kind, verdict, count in session.execute(counted.group_by(AdviceVerdict.kind, AdviceVerdict.verdict)):
        judged[kind, verdict] += count
    of_decisions = select(CallDecision.verdict, func.count()).where(
        CallDecision.verdict_at >= since, CallDecision.verdict_at < until
    )
    for decided, count in session.execute(of_decisions.group_by(CallDecision.verdict)):
        if decided is not None:
            judged[SuggestionKind.DECISION, decided] += count
    calls = _calls(session, since, until)
    return [
        Line(kind, name, calls[kind], *(judged[kind, v] for v in (Verdict.ACCEPT, Verdict.EDIT, Verdict.REJECT)))
        for kind, name in KIND_NAMES.items()
    ]


def subjects(
    session: Session,
    *,
    kind: SuggestionKind,
    since: datetime,
    until: datetime,
    by: Actor,
    before: int | None = None,
    limit: int = 50,
) -> list[AdviceVerdict]:
    """The judgements behind a line, newest first."""
    require(by, Permission.TICKET_SUPERVISE)
    chosen = select(AdviceVerdict).where(
        AdviceVerdict.kind == kind, AdviceVerdict.at >= since, AdviceVerdict.at < until
    )
    if before is not None:
        chosen = chosen.where(AdviceVerdict.id < before)
    return list(session.scalars(chosen.order_by(AdviceVerdict.id.desc()).limit(limit)))


_SHOWN = {
    SuggestionKind.DECISION: lambda advice: bool(advice["decision"]["topic"]),
    SuggestionKind.ANSWER: lambda advice: bool(advice["answers"]),
    SuggestionKind.DUPLICATE: lambda advice: bool(advice["duplicates"]),
    SuggestionKind.QUESTION: lambda advice: bool(advice["decision"]["next_question"]),
    SuggestionKind.RISK: lambda advice: bool(advice["risks"]),
    SuggestionKind.DRAFT: lambda advice: bool(advice["draft"]["title"]),
}


def _calls(session: Session, since: datetime, until: datetime) -> Counter[SuggestionKind]:
    counted: Counter[SuggestionKind] = Counter()
    chosen = select(CallAdvice.advice).where(CallAdvice.at >= since, CallAdvice.at < until)
    for advice in session.scalars(chosen.execution_options(yield_per=500)):
        counted.update(kind for kind, was_shown in _SHOWN.items() if advice and was_shown(advice))
    return counted
