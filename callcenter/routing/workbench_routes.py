"""HTTP: the workbench for rules: coverage, conflicts, what a change would change, publishing and putting back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session

from callcenter.accounts.web import permitted
from callcenter.core.errors import Invalid
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.routing import publishing, service
from callcenter.routing.documents import RuleSetError
from callcenter.routing.workbench import compare, conflicts, coverage
from callcenter.routing.workbench_schemas import (
    CheckIn,
    CheckOut,
    ConflictOut,
    DecisionChangeOut,
    DiffIn,
    DiffOut,
    PublicationOut,
    PublishIn,
    RollBackIn,
    RuleFilesOut,
    TableIn,
    UseOut,
)
from callcenter.settings import get_settings

router = APIRouter(prefix="/api/routing", tags=["routing"])

Reader = Annotated[Actor, Depends(permitted(Permission.RULES_READ))]
Publisher = Annotated[Actor, Depends(permitted(Permission.RULES_PUBLISH))]


@router.post("/coverage")
def coverage_of(_user: Reader, session: ReadingDep, body: TableIn) -> list[UseOut]:
    """Every rule with how often it spoke; those that never did are dead or shadowed."""
    texts = [row["utterance"] for row in _rows(session, body)]
    return [UseOut.of(use) for use in coverage(service.rule_book().current(), texts)]


@router.post("/conflicts")
def conflicts_of(_user: Reader, session: ReadingDep, body: TableIn) -> list[ConflictOut]:
    """Rules that hold together and say different things."""
    texts = [row["utterance"] for row in _rows(session, body)]
    return [ConflictOut.of(pair) for pair in conflicts(service.rule_book().current(), texts)]


@router.get("/files")
def rule_texts(_user: Reader) -> RuleFilesOut:
    """The rule files in use, as they are written."""
    files = publishing.read_files(get_settings().rules_dir)
    return RuleFilesOut(
        version=publishing.folder_hash(get_settings().rules_dir),
        files={name: text for name, text in files.items() if name.endswith(".yaml")},
    )


@router.post("/check")
def check(_user: Publisher, body: CheckIn) -> CheckOut:
    """All faults of the changed files, with file and line, the examples included; nothing is kept."""
    try:
        rules = publishing.checked(_all_files(body.files))
    except RuleSetError as error:
        return CheckOut.of(error.problems)
    return CheckOut(rules=len(rules.rule_ids), problems=[])


@router.post("/diff")
def difference(_user: Publisher, session: ReadingDep, body: DiffIn) -> DiffOut:
    """Which decisions the changed files would change; nothing is published."""
    rows = _rows(session, body)
    changed = publishing.compile_files(_all_files(body.files))
    changes = compare(service.rule_book().current().engine, changed.engine, rows)
    return DiffOut(
        sentences=len(rows), version=changed.version, changes=[DecisionChangeOut.of(change) for change in changes]
    )


@router.get("/publications")
def history(
    _user: Reader,
    session: ReadingDep,
    before: int | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[PublicationOut]:
    """Newest first."""
    return [PublicationOut.of(row) for row in publishing.history(session, before=before, limit=limit)]


@router.post("/publications", status_code=201)
def publish(user: Publisher, session: SessionDep, body: PublishIn) -> PublicationOut:
    """Checked first; a bad file is named with its line and nothing changes."""
    row = publishing.publish(
        session,
        files=_all_files(body.files),
        folder=get_settings().rules_dir,
        reason=body.reason,
        effective_at=body.effective_at,
        by=user,
    )
    return PublicationOut.of(row)


@router.post("/publications/{publication_id}/rollback", status_code=201)
def roll_back(user: Publisher, session: SessionDep, publication_id: int, body: RollBackIn) -> PublicationOut:
    """Put an earlier set back in force at once."""
    folder = get_settings().rules_dir
    row = publishing.roll_back(session, publication_id=publication_id, folder=folder, reason=body.reason, by=user)
    return PublicationOut.of(row)


@router.post("/publications/{publication_id}/cancel")
def cancel(user: Publisher, session: SessionDep, publication_id: int) -> PublicationOut:
    """Give up a publication whose day has not come."""
    return PublicationOut.of(publishing.cancel(session, publication_id=publication_id, by=user))


def _rows(session: Session, body: TableIn) -> list[dict[str, str]]:
    rows = [{"id": str(n), "utterance": text} for n, text in enumerate(body.texts, start=1)]
    if body.history:
        past = service.texts_of_calls(session, limit=body.history)
        rows += [{"id": call_id, "utterance": text} for call_id, text in past]
    if not rows:
        rows = list(service.rule_book().current().engine.city.examples)
    if not rows:
        raise Invalid("没有可以试的话：请给出几句，或写明要试最近几通电话。")
    return rows


def _all_files(changed: dict[str, str]) -> dict[str, str]:
    return publishing.read_files(get_settings().rules_dir) | changed
