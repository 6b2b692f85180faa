"""First data: the city's reference tables, and accounts to try the system with."""

import json
import secrets
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.accounts import service as accounts
from callcenter.core import db
from callcenter.core.security import SYSTEM, Role
from callcenter.directory import service as directory
from callcenter.knowledge.models import Entry
from callcenter.knowledge.service import transfer
from callcenter.knowledge.table import ENTRIES_FILE, read_entries
from callcenter.operators import service as operators
from callcenter.settings import Settings
from callcenter.workdays import service as workdays


@dataclass(frozen=True)
class DemoAccount:
    """One person of the demo city."""

    username: str
    name: str
    role: Role
    unit_id: str | None = None
    extension: str = ""
    queues: tuple[str, ...] = ()


DEMO_ACCOUNTS = (
    DemoAccount("operator1", "沈晓燕", Role.OPERATOR, extension="8001", queues=("q12345",)),
    DemoAccount("operator2", "陆建明", Role.OPERATOR, extension="8002", queues=("q12345",)),
    DemoAccount("leader", "周志远", Role.LEADER, extension="8003", queues=("qleader",)),
    DemoAccount("supervisor", "顾丽华", Role.SUPERVISOR, extension="8004", queues=("qleader",)),
    DemoAccount("surveyor", "俞佳", Role.SURVEYOR, extension="8005"),
    DemoAccount("water", "供水值班", Role.DEPARTMENT, unit_id="water"),
    DemoAccount("admin", "系统管理员", Role.ADMIN),
)


def seed_city(settings: Settings) -> None:
    """Load the city's files into the database; running it again changes only what changed in the files."""
    with db.unit_of_work() as session:
        directory.import_city(session, folder=settings.city_dir)
        workdays.import_calendar(session, folder=settings.calendar_dir, by=SYSTEM)
        _seed_knowledge(session, settings)


def _seed_knowledge(session: Session, settings: Settings) -> None:
    """The city's entries, into an empty knowledge base only: what people have written since is theirs."""
    file = settings.city_dir / ENTRIES_FILE
    if file.exists() and session.scalar(select(Entry.id).limit(1)) is None:
        transfer.import_entries(session, entries=read_entries(file), by=SYSTEM, in_force=True)


def seed_accounts(settings: Settings) -> dict[str, str]:
    """Make the demo accounts where missing; returns username → password, kept in the run folder for the next start."""
    file = settings.run_dir / "demo-accounts.json"
    passwords: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    with db.unit_of_work() as session:
        for account in DEMO_ACCOUNTS:
            if accounts.find_user(session, username=account.username) is None:
                passwords[account.username] = secrets.token_urlsafe(9)
                _create(session, account, passwords[account.username])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(json.dumps(passwords))
    return passwords


def _create(session: Session, account: DemoAccount, password: str) -> None:
    user = accounts.create_user(
        session,
        username=account.username,
        name=account.name,
        password=password,
        roles=[account.role],
        unit_id=account.unit_id,
    )
    if account.extension:
        operators.create_operator(
            session, user_id=user.id, extension=account.extension, queues=list(account.queues), by=SYSTEM
        )
