"""Sheets, objections with rulings, points given and statements over real rows."""

from datetime import date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.accounts.service import create_user
from callcenter.appraisal import factsheet, objections, service, statements
from callcenter.appraisal.models import Objection, ObjectionState
from callcenter.appraisal.scoring import Sheet
from callcenter.appraisal.service import Span
from callcenter.appraisal.statements import Target
from callcenter.core.audit import AuditEntry, first_broken
from callcenter.core.clock import CHINA
from callcenter.core.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.core.security import SYSTEM, Actor, Role
from callcenter.messages.models import Message
from tests.appraisal.conftest import OTHER, SPAN, UNIT, person

pytestmark = pytest.mark.db

Month = dict[str, list[str]]
SUPERVISOR, LEADER = person(Role.SUPERVISOR), person(Role.LEADER)
OWN = person(Role.DEPARTMENT, UNIT)
HEAD = person(Role.UNIT_HEAD, UNIT)


def sheet(session: Session, unit_id: str = UNIT, by: Actor = SYSTEM) -> Sheet:
    found = service.run(session, scheme=service.scheme("petition"), span=SPAN, by=by)
    return next(sheet for sheet in found if sheet.unit_id == unit_id)


def closed(found: Sheet) -> tuple[int, int]:
    rate = next(line.figure for line in found.lines if line.figure.code == "on_time_close_plain")
    return len(rate.numerator), len(rate.denominator)


def objection(session: Session, numbers: list[str], *, by: Actor = OWN, key: str | None = None) -> Objection:
    said = {"unit_id": UNIT, "figure": "on_time_close_plain", "tickets": numbers, "reason": "气象灾害期间无法施工"}
    return objections.file(session, **said, span=SPAN, by=by, key=key)  # type: ignore[arg-type]


def test_late_answers_cost_points_and_rank(session: Session, month: Month) -> None:
    assert closed(sheet(session)) == (5, 7)
    assert sheet(session).rank == 2
    assert sheet(session, OTHER).rank == 1
    assert sheet(session, OTHER).total == 100


def test_a_unit_sees_its_own_sheet_only(session: Session, month: Month) -> None:
    found = service.run(session, scheme=service.scheme("petition"), span=SPAN, by=OWN)
    assert [(sheet.unit_id, sheet.rank) for sheet in found] == [(UNIT, 2)]
    with pytest.raises(Forbidden):
        service.figure_of_unit(session, unit_id=OTHER, code="forwarded", span=SPAN, by=OWN)
    with pytest.raises(Forbidden):
        service.run(session, scheme=service.scheme("petition"), span=SPAN, by=person(Role.OPERATOR))


def test_a_ruling_takes_the_ticket_out_and_says_so(session: Session, month: Month) -> None:
    late = month[UNIT][:2]
    filed = objection(session, late)
    assert closed(sheet(session)) == (5, 7)
    ruled = objections.rule(session, objection_id=filed.id, granted=late[:1], ruling="第一件属实", by=SUPERVISOR)
    assert ruled.state is ObjectionState.PARTLY
    assert closed(sheet(session)) == (5, 6)
    rate = service.figure_of_unit(session, unit_id=UNIT, code="on_time_close_plain", span=SPAN, by=OWN)
    assert "异议成立 1" in str(rate)
    told = session.scalars(select(Message).where(Message.subject == f"objection:{filed.id}")).all()
    assert [(message.role, message.unit_id) for message in told] == [("supervisor", None), (None, UNIT)]
    acts = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == f"objection:{filed.id}")).all()
    assert acts == ["appraisal.object", "appraisal.partly"]
    assert first_broken(session) is None


def test_an_objection_is_ruled_on_once_and_not_by_who_filed_it(session: Session, month: Month) -> None:
    user = create_user(session, username="both", name="张", password="correct-horse", roles=[Role.SUPERVISOR])
    filed = objection(session, month[UNIT][:1], by=user.as_actor())
    with pytest.raises(Forbidden, match="自己"):
        objections.rule(session, objection_id=filed.id, granted=[], ruling="不成立", by=user.as_actor())
    refused = objections.rule(session, objection_id=filed.id, granted=[], ruling="无依据", by=SUPERVISOR)
    assert refused.state is ObjectionState.REFUSED
    assert closed(sheet(session)) == (5, 7)
    with pytest.raises(Conflict, match="已经有了结果"):
        objections.rule(session, objection_id=filed.id, granted=[], ruling="再来", by=SUPERVISOR)
    with pytest.raises(Conflict, match="提过异议"):
        objection(session, month[UNIT][:1])


def test_what_an_objection_must_say(session: Session, month: Month) -> None:
    with pytest.raises(Invalid, match="不在本单位"):
        objection(session, month[OTHER][:1])
    with pytest.raises(Forbidden):
        objection(session, month[UNIT][:1], by=person(Role.DEPARTMENT, OTHER))
    filed = objection(session, month[UNIT][:1], key="same-key-1")
    assert objection(session, month[UNIT][:1], key="same-key-1").id == filed.id
    with pytest.raises(Invalid, match="不在这条异议里"):
        objections.rule(session, objection_id=filed.id, granted=month[UNIT][1:2], ruling="好的", by=SUPERVISOR)
    with pytest.raises(Forbidden):
        objections.rule(session, objection_id=filed.id, granted=[], ruling="好的", by=OWN)
    with pytest.raises(Forbidden):
        objections.withdraw(session, objection_id=filed.id, by=person(Role.DEPARTMENT, OTHER))
    assert objections.withdraw(session, objection_id=filed.id, by=OWN).state is ObjectionState.WITHDRAWN
    assert objection(session, month[UNIT][:1]).id != filed.id
    assert [len(objections.page(session, by=by)) for by in (OWN, SUPERVISOR, person(Role.DEPARTMENT, OTHER))] == [
        2,
        2,
        0,
    ]


def test_points_given_count_until_they_are_taken_back(session: Session, month: Month) -> None:
    before, scheme = sheet(session, OTHER).total, service.scheme("petition")
    said = {"scheme": scheme, "unit_id": OTHER, "points": -3.0, "reason": "通报批评", "day": date(2026, 9, 15)}
    given = service.give_points(session, **said, by=SUPERVISOR, key="points-1")  # type: ignore[arg-type]
    again = service.give_points(session, **said, by=SUPERVISOR, key="points-1")  # type: ignore[arg-type]
    assert again.id == given.id
    assert before is not None
    assert sheet(session, OTHER).total == before - 3
    later = Span(datetime(2026, 10, 1, tzinfo=CHINA), datetime(2026, 11, 1, tzinfo=CHINA))
    assert service.points_given(session, scheme="petition", span=later, by=SYSTEM) == []
    service.revoke_points(session, given_id=given.id, reason="经核实不属实", by=SUPERVISOR)
    assert sheet(session, OTHER).total == before
    with pytest.raises(Conflict):
        service.revoke_points(session, given_id=given.id, reason="再撤一次", by=SUPERVISOR)
    with pytest.raises(Invalid, match="不能为 0"):
        service.give_points(session, **{**said, "points": 0.0}, by=SUPERVISOR)  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        service.give_points(session, **said, by=LEADER)  # type: ignore[arg-type]


def test_another_scheme_on_the_same_month(session: Session, month: Month) -> None:
    petition, safe = service.scheme("petition"), service.scheme("safe")
    changes = service.simulate(session, before=(petition, SPAN), after=(safe, SPAN), by=SYSTEM)
    mine = next(change for change in changes if change.unit_id == UNIT)
    assert mine.before is not None
    assert mine.after is not None
    assert (mine.before.group, mine.after.group) == ("市级部门和公用企业", "全部承办单位")


def test_a_statement_is_signed_by_both_sides_and_then_fixed(session: Session, month: Month) -> None:
    targets = [Target("on_time_close_plain", 0.95), Target("returned", 0.05, is_ceiling=True)]
    said = {"year": 2026, "unit_id": UNIT, "text": "按期办结，减少退单。", "targets": targets}
    first = statements.write(session, **said, by=SUPERVISOR)  # type: ignore[arg-type]
    assert statements.write(session, **said, by=SUPERVISOR).id == first.id  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        statements.sign(session, statement_id=first.id, by=person(Role.UNIT_HEAD, OTHER))
    with pytest.raises(Forbidden):
        statements.sign(session, statement_id=first.id, by=SUPERVISOR)
    statements.sign(session, statement_id=first.id, by=HEAD)
    with pytest.raises(Conflict, match="已经签过字"):
        statements.sign(session, statement_id=first.id, by=HEAD)
    with pytest.raises(Conflict, match="已有人签字"):
        statements.write(session, **said, by=SUPERVISOR)  # type: ignore[arg-type]
    assert not first.is_signed
    assert statements.sign(session, statement_id=first.id, by=LEADER).is_signed
    found = statements.of_year(session, year=2026, by=OWN)
    progress = statements.progress(session, statements=found)[first.id]
    assert [entry.is_reached for entry in progress] == [False, True]
    assert statements.of_year(session, year=2026, by=person(Role.DEPARTMENT, OTHER)) == []
    with pytest.raises(Invalid, match="nothing"):
        statements.write(session, **{**said, "year": 2027, "targets": [Target("nothing", 1)]}, by=SUPERVISOR)  # type: ignore[arg-type]


def test_one_person_cannot_sign_for_both(session: Session, month: Month) -> None:
    roles = [Role.DEPARTMENT, Role.LEADER]
    user = create_user(session, username="two", name="张", password="correct-horse", roles=roles, unit_id=UNIT)
    said = {"year": 2026, "unit_id": UNIT, "text": "按期办结。", "targets": [Target("returned", 0.05, is_ceiling=True)]}
    made = statements.write(session, **said, by=SUPERVISOR)  # type: ignore[arg-type]
    statements.sign(session, statement_id=made.id, by=user.as_actor())
    with pytest.raises(Conflict, match="另一方"):
        statements.sign(session, statement_id=made.id, by=user.as_actor())


def test_the_fact_sheet_holds_everything(session: Session, month: Month) -> None:
    objection(session, month[UNIT][:1])
    statements.write(
        session, year=2026, unit_id=UNIT, text="按期办结。", targets=[Target("forwarded", 0.9)], by=SUPERVISOR
    )
    found = factsheet.of_unit(session, unit_id=UNIT, span=SPAN, by=OWN)
    assert {scheme.code for scheme, _ in found.scores} == {"target", "safe", "petition"}
    assert found.topics == [("生态环境-社会生活噪声", 7)]
    assert len(found.targets) == 1
    with pytest.raises(Forbidden):
        factsheet.of_unit(session, unit_id=OTHER, span=SPAN, by=OWN)
    with pytest.raises(NotFound):
        factsheet.of_unit(session, unit_id="nobody", span=SPAN, by=SYSTEM)
