"""The yearly fact sheet of a unit (述职材料): figures, scores in every scheme, targets, topics and objections."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy.orm import Session

from callcenter.appraisal import objections, service, statements
from callcenter.appraisal.models import Objection
from callcenter.appraisal.scheme import Scheme
from callcenter.appraisal.scoring import Sheet
from callcenter.appraisal.service import Span
from callcenter.appraisal.statements import Progress
from callcenter.core.clock import local
from callcenter.core.security import Actor, Permission, require
from callcenter.directory import service as directory
from callcenter.directory.models import Unit
from callcenter.reports import service as reports
from callcenter.reports.metrics import Figures

MOST_TOPICS = 10


@dataclass(frozen=True)
class FactSheet:
    """All that is known of a unit in a period."""

    unit: Unit
    span: Span
    figures: Figures
    scores: list[tuple[Scheme, Sheet]]
    targets: list[Progress]
    topics: list[tuple[str, int]]
    objections: list[Objection]


def of_unit(session: Session, *, unit_id: str, span: Span, by: Actor) -> FactSheet:
    require(by, Permission.APPRAISAL_READ)
    service.own_or_all(by, unit_id)
    unit = directory.unit(session, unit_id=unit_id)
    scores = []
    for scheme in service.schemes():
        found = service.run(session, scheme=scheme, span=span, by=by)
        scores += [(scheme, sheet) for sheet in found if sheet.unit_id == unit_id]
    signed = statements.of_year(session, year=local(span.since).year, by=by, unit_id=unit_id)
    targets = statements.progress(session, statements=signed)
    facts = reports.facts(session, since=span.since, until=span.until)
    topics = Counter(fact.topic for fact in facts.tickets if fact.is_registered and fact.unit == unit_id)
    filed = [
        objection
        for objection in objections.page(session, by=by, limit=500)
        if objection.unit_id == unit_id and span.since <= objection.filed_at < span.until
    ]
    figures = service.figures(session, span=span).get(unit_id, Figures([], []))
    progress = [entry for entries in targets.values() for entry in entries]
    return FactSheet(unit, span, figures, scores, progress, topics.most_common(MOST_TOPICS), filed)
