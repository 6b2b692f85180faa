"""Entries through review, undo, expiry and upkeep; search over what is published; unanswered questions; notices."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from callcenter.core.clock import local, now
from callcenter.core.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.core.security import SYSTEM
from callcenter.knowledge.content import Audience, Content
from callcenter.knowledge.lifecycle import EntryStatus
from callcenter.knowledge.models import Entry, TaskKind
from callcenter.knowledge.service import editing, notices, queries, review, searching, transfer, upkeep
from callcenter.knowledge.service.notices import Announcement

from .conftest import CONTENT, OPERATOR, REVIEWER, WRITER

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("units")]

Published = Callable[..., Entry]
TODAY = local(now()).date()


def found(session: Session, text: str, **options: object) -> list[str]:
    return [answer.entry_id for answer in searching.search(session, text=text, **options)]  # type: ignore[arg-type]


def test_only_what_passed_review_is_found(session: Session) -> None:
    entry = editing.create(session, content=CONTENT, by=WRITER)
    assert found(session, "停水公告在哪查") == []
    review.submit(session, entry_id=entry.id, by=WRITER)
    assert found(session, "停水公告在哪查") == []
    review.publish(session, entry_id=entry.id, by=REVIEWER)
    assert found(session, "停水公告在哪查") == [entry.id]


def test_an_edit_changes_nothing_people_are_told_until_it_is_published(session: Session, published: Published) -> None:
    entry = published()
    editing.edit(session, entry_id=entry.id, content=replace(CONTENT, answer="新答案"), by=WRITER)
    assert searching.search(session, text="停水公告")[0].content.answer == CONTENT.answer
    review.submit(session, entry_id=entry.id, by=WRITER)
    review.publish(session, entry_id=entry.id, by=REVIEWER)
    assert searching.search(session, text="停水公告")[0].content.answer == "新答案"
    assert [version.status for version in entry.versions] == [EntryStatus.REPLACED, EntryStatus.PUBLISHED]


def test_undo_is_a_new_draft(session: Session, published: Published) -> None:
    entry = published()
    editing.edit(session, entry_id=entry.id, content=replace(CONTENT, answer="新答案"), by=WRITER)
    editing.restore(session, entry_id=entry.id, number=1, by=WRITER)
    assert entry.latest.content == CONTENT
    assert entry.latest.number == 2
    with pytest.raises(NotFound, match="没有第 9 版"):
        editing.restore(session, entry_id=entry.id, number=9, by=WRITER)


def test_who_may_do_what(session: Session) -> None:
    with pytest.raises(Forbidden):
        editing.create(session, content=CONTENT, by=OPERATOR)
    with pytest.raises(Forbidden, match="本单位"):
        editing.create(session, content=replace(CONTENT, owner_unit="gas"), by=WRITER)
    entry = editing.create(session, content=CONTENT, by=REVIEWER)
    review.submit(session, entry_id=entry.id, by=REVIEWER)
    with pytest.raises(Conflict, match="别人审核"):
        review.publish(session, entry_id=entry.id, by=REVIEWER)
    with pytest.raises(Forbidden):
        review.publish(session, entry_id=entry.id, by=WRITER)


def test_the_life_cycle_holds(session: Session) -> None:
    entry = editing.create(session, content=CONTENT, by=WRITER)
    with pytest.raises(Conflict, match="草稿，不能发布"):
        review.publish(session, entry_id=entry.id, by=REVIEWER)
    review.submit(session, entry_id=entry.id, by=WRITER)
    with pytest.raises(Conflict, match="正在审核"):
        editing.edit(session, entry_id=entry.id, content=CONTENT, by=WRITER)
    with pytest.raises(Invalid, match="理由"):
        review.send_back(session, entry_id=entry.id, reason=" ", by=REVIEWER)
    review.send_back(session, entry_id=entry.id, reason="补依据", by=REVIEWER)
    assert entry.latest.status is EntryStatus.DRAFT


def test_withdrawn_is_gone_and_can_come_back(session: Session, published: Published) -> None:
    entry = published()
    review.withdraw(session, entry_id=entry.id, reason="政策变了", by=REVIEWER)
    assert found(session, "停水公告") == []
    assert entry.check_due_on is None
    editing.restore(session, entry_id=entry.id, number=1, by=WRITER)
    review.submit(session, entry_id=entry.id, by=WRITER)
    review.publish(session, entry_id=entry.id, by=REVIEWER)
    assert found(session, "停水公告") == [entry.id]


@pytest.mark.parametrize(
    ("changes", "options", "is_found"),
    [
        ({"valid_from": TODAY + timedelta(days=1)}, {}, False),
        ({"valid_to": TODAY - timedelta(days=1)}, {}, False),
        ({"valid_from": TODAY, "valid_to": TODAY}, {}, True),
        ({"audience": (Audience.OPERATOR,)}, {"audience": Audience.PUBLIC}, False),
        ({"audience": (Audience.OPERATOR,)}, {}, True),
        ({"areas": ("新埭镇",)}, {"area": "乍浦镇"}, False),
        ({"areas": ("新埭镇",)}, {"area": "新埭镇"}, True),
        ({"areas": ("新埭镇",)}, {}, True),
    ],
)
def test_days_audience_and_area(
    session: Session, published: Published, changes: dict[str, object], options: dict[str, object], is_found: bool
) -> None:
    entry = published(**changes)
    assert found(session, "停水公告", **options) == ([entry.id] if is_found else [])


def test_the_sweep_withdraws_the_expired_and_asks_about_the_due(session: Session, published: Published) -> None:
    expired = published(valid_to=TODAY)
    due = published(question="水表走得快怎么校验")
    later = TODAY + timedelta(days=review.CHECK_DAYS)
    assert upkeep.sweep(session, day=TODAY) == (0, 1)  # the last valid day is a day to check
    assert upkeep.sweep(session, day=later) == (1, 1)
    assert upkeep.sweep(session, day=later) == (0, 0)
    assert expired.latest.status is EntryStatus.WITHDRAWN
    assert [entry.id for entry in upkeep.stale(session, day=later, unit_id="water")] == [due.id]
    assert upkeep.stale(session, day=later, unit_id="gas") == []
    upkeep.confirm(session, entry_id=due.id, by=WRITER)
    assert [task.entry_id for task in upkeep.tasks(session, by=WRITER)] == [expired.id]


def test_what_found_no_answer_becomes_a_task(session: Session) -> None:
    for _ in range(2):
        searching.note_unanswered(session, text="夜钓许可找谁 13812345678")
    searching.note_unanswered(session, text="无人机怎么报备")
    most, _ = upkeep.unanswered(session, limit=10)
    assert (most.text, most.times) == ("夜钓许可找谁 138****5678", 2)
    task = upkeep.assign(session, unanswered_id=most.id, unit_id="water", by=REVIEWER)
    assert (task.kind, task.text) == (TaskKind.UNANSWERED, most.text)
    assert len(upkeep.unanswered(session, limit=10)) == 1
    with pytest.raises(Conflict, match="已经交给"):
        upkeep.assign(session, unanswered_id=most.id, unit_id="water", by=REVIEWER)
    entry = editing.create(session, content=CONTENT, by=WRITER)
    upkeep.complete(session, task_id=task.id, entry_id=entry.id, by=WRITER)
    assert upkeep.tasks(session, by=WRITER) == []
    with pytest.raises(Conflict, match="已经完成"):
        upkeep.complete(session, task_id=task.id, entry_id=entry.id, by=WRITER)


def test_a_reply_becomes_a_masked_draft(session: Session) -> None:
    entry = editing.draft_from_reply(
        session,
        question="东湖边能不能装直饮水",
        reply="已列入计划,联系人电话 13812345678。",
        unit_id="water",
        topic="城市管理-公共设施",
        source="20261123-000123",
        by=WRITER,
    )
    assert entry.latest.status is EntryStatus.DRAFT
    assert "138****5678" in entry.latest.answer
    assert "20261123-000123" in entry.latest.basis


def test_use_and_usefulness_are_counted(session: Session, published: Published) -> None:
    entry = published()
    for useful in (None, None, True, False):
        searching.record_use(session, entry_id=entry.id, user_id=3, useful=useful)
    assert queries.usage(session, entry_ids=[entry.id]) == {entry.id: queries.Usage(2, 1, 1)}


def test_notices_hold_for_their_time_and_town(session: Session) -> None:
    def announce(**changes: object) -> int:
        what = Announcement(
            title="新埭镇计划停水",
            text="今天八点到十四点管网抢修停水",
            starts_at=now() - timedelta(hours=1),
            ends_at=now() + timedelta(hours=1),
            areas=("新埭镇",),
        )
        return notices.announce(session, what=replace(what, **changes), by=WRITER).id  # type: ignore[arg-type]

    here = announce()
    announce(starts_at=now() + timedelta(minutes=30))
    assert [notice.id for notice in notices.about(session, text="怎么没水了", area="新埭镇")] == [here]
    assert notices.about(session, text="怎么没水了", area="乍浦镇") == []
    assert notices.about(session, text="怎么没水了", audience=Audience.PUBLIC) == []
    assert notices.about(session, text="护照怎么办") == []
    notices.end(session, notice_id=here, by=WRITER)
    assert notices.current(session, at=now()) == []
    with pytest.raises(Invalid, match="晚于"):
        announce(ends_at=now() - timedelta(hours=2))


def test_a_table_loads_once(session: Session, sample: dict[str, Content]) -> None:
    assert transfer.import_entries(session, entries=sample, by=SYSTEM, in_force=True) == 120
    assert transfer.import_entries(session, entries=sample, by=SYSTEM, in_force=True) == 0
    assert transfer.published(session) == sample
    changed = sample | {"K001": replace(sample["K001"], answer="改了")}
    assert transfer.import_entries(session, entries=changed, by=SYSTEM) == 1
    assert transfer.published(session) == sample
    assert "K064" in found(session, "护照怎么办")
    assert editing.create(session, content=CONTENT, by=WRITER).id == "K121"


def test_faulty_content_is_refused(session: Session) -> None:
    for content, says in (
        (replace(CONTENT, question=" "), "问题和答案"),
        (replace(CONTENT, answer="长" * 5001), "最多"),
        (replace(CONTENT, valid_from=date(2026, 2, 1), valid_to=date(2026, 1, 1)), "失效日期"),
    ):
        with pytest.raises(Invalid, match=says):
            editing.create(session, content=content, by=WRITER)
    with pytest.raises(NotFound, match="nowhere"):
        editing.create(session, content=replace(CONTENT, owner_unit="nowhere"), by=REVIEWER)
