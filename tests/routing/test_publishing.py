"""Rule sets in force: checked, on record, from their day, and put back."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core.audit import AuditEntry
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from callcenter.core.security import Actor, Role
from callcenter.routing import publishing
from callcenter.routing.loader import folder_hash
from callcenter.routing.models import RulePublication

pytestmark = pytest.mark.db

SUPERVISOR = Actor(user_id=None, name="班长", roles=frozenset({Role.SUPERVISOR}))
OPERATOR = Actor(user_id=None, name="话务员", roles=frozenset({Role.OPERATOR}))
FILE = "dispatch/risks.yaml"


def changed(folder: Path, note: str = "改") -> dict[str, str]:
    files = publishing.read_files(folder)
    return files | {FILE: files[FILE] + f"\n# {note}\n"}


def publish(session: Session, folder: Path, **given: object) -> RulePublication:
    files = given.pop("files", None) or changed(folder)
    return publishing.publish(
        session,
        files=files,
        folder=folder,
        **{"reason": "试一试", "by": SUPERVISOR} | given,  # type: ignore[arg-type]
    )


def test_publish_and_put_back(session: Session, folder: Path) -> None:
    before = folder_hash(folder)
    row = publish(session, folder)
    assert folder_hash(folder) == row.version != before
    assert row.applied_at is not None and row.author_name == "班长" and row.reason == "试一试"
    baseline = next(r for r in publishing.history(session) if r.version == before)
    assert baseline.reason == publishing.BASELINE
    back = publishing.roll_back(session, publication_id=baseline.id, folder=folder, reason="不好用", by=SUPERVISOR)
    assert folder_hash(folder) == before == back.version and back.restores_id == baseline.id
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("rules.%"))).all()
    assert list(actions) == ["rules.publish", "rules.roll_back"]


def test_a_file_taken_out_is_gone_and_comes_back(session: Session, folder: Path) -> None:
    files = publishing.read_files(folder)
    del files[FILE]
    publish(session, folder, files=files)
    assert not (folder / FILE).exists()
    baseline = next(r for r in publishing.history(session) if r.reason == publishing.BASELINE)
    publishing.roll_back(session, publication_id=baseline.id, folder=folder, reason="要它", by=SUPERVISOR)
    assert (folder / FILE).exists()


def test_a_day_to_come(session: Session, folder: Path) -> None:
    before = folder_hash(folder)
    row = publish(session, folder, effective_at=now() + timedelta(days=1))
    assert row.applied_at is None and folder_hash(folder) == before
    assert publishing.apply_due(session, folder=folder) == 0
    row.effective_at = now() - timedelta(minutes=1)
    session.flush()
    assert publishing.apply_due(session, folder=folder) == 1
    assert folder_hash(folder) == row.version
    assert publishing.apply_due(session, folder=folder) == 0


def test_a_cancelled_one_never_comes(session: Session, folder: Path) -> None:
    row = publish(session, folder, effective_at=now() + timedelta(days=1))
    publishing.cancel(session, publication_id=row.id, by=SUPERVISOR)
    row.effective_at = now() - timedelta(minutes=1)
    session.flush()
    assert publishing.apply_due(session, folder=folder) == 0
    with pytest.raises(Conflict):
        publishing.cancel(session, publication_id=row.id, by=SUPERVISOR)
    with pytest.raises(Conflict, match="没有生效"):
        publishing.roll_back(session, publication_id=row.id, folder=folder, reason="x", by=SUPERVISOR)


def test_what_is_refused(session: Session, folder: Path) -> None:
    before = folder_hash(folder)
    files = publishing.read_files(folder)
    with pytest.raises(Invalid, match=r"risks\.yaml:\d+"):
        publish(session, folder, files=files | {FILE: "stage: risk\nrules:\n  - {id: R-新, because: 试, 错: 1}\n"})
    with pytest.raises(Invalid, match="不是规则文件"):
        publish(session, folder, files=files | {"../../etc/passwd": "x"})
    with pytest.raises(Invalid, match="不是规则文件"):
        publish(session, folder, files=files | {"profiles/x.tsv": "x"})
    with pytest.raises(Invalid, match="理由"):
        publish(session, folder, reason=" ")
    with pytest.raises(Conflict, match="完全一样"):
        publish(session, folder, files=files)
    with pytest.raises(Forbidden):
        publish(session, folder, by=OPERATOR)
    with pytest.raises(NotFound):
        publishing.roll_back(session, publication_id=99, folder=folder, reason="x", by=SUPERVISOR)
    assert folder_hash(folder) == before


def test_a_folder_that_cannot_be_written(session: Session, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_named: object) -> None:
        raise PermissionError(13, "Permission denied")

    files = changed(folder)
    publishing.compile_files(files)
    monkeypatch.setattr(publishing, "compile_files", lambda _files: type("Set", (), {"version": "x"}))
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(Unavailable, match="不能写"):
        publish(session, folder, files=files)
