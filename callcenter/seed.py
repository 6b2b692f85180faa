"""First data: the city's reference tables, and accounts to try the system with."""

import json
import secrets
from dataclasses import dataclass

from callcenter.accounts import service as accounts
from callcenter.core import db
from callcenter.core.security import Role
from callcenter.directory import service as directory
from callcenter.settings import Settings


@dataclass(frozen=True)
class DemoAccount:
    """One person of the demo city."""

    username: str
    name: str
    role: Role
    unit_id: str | None = None


DEMO_ACCOUNTS = (
    DemoAccount("operator1", "沈晓燕", Role.OPERATOR),
    DemoAccount("operator2", "陆建明", Role.OPERATOR),
    DemoAccount("leader", "周志远", Role.LEADER),
    DemoAccount("supervisor", "顾丽华", Role.SUPERVISOR),
    DemoAccount("surveyor", "俞佳", Role.SURVEYOR),
    DemoAccount("water", "供水值班", Role.DEPARTMENT, unit_id="water"),
    DemoAccount("admin", "系统管理员", Role.ADMIN),
)


def seed_city(settings: Settings) -> None:
    """Load the city's files into the database; running it again changes only what changed in the files."""
    with db.unit_of_work() as session:
        directory.import_city(session, folder=settings.city_dir)


def seed_accounts(settings: Settings) -> dict[str, str]:
    """Make the demo accounts where missing; returns username → password, kept in the run folder for the next start."""
    file = settings.run_dir / "demo-accounts.json"
    passwords: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    with db.unit_of_work() as session:
        for account in DEMO_ACCOUNTS:
            if accounts.find_user(session, username=account.username) is None:
                passwords[account.username] = secrets.token_urlsafe(9)
                accounts.create_user(
                    session,
                    username=account.username,
                    name=account.name,
                    password=passwords[account.username],
                    roles=[account.role],
                    unit_id=account.unit_id,
                )
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(json.dumps(passwords))
    return passwords
