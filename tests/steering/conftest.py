"""The web application with a telephone system that remembers, two operators and a supervisor."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from callcenter.accounts import service as accounts
from callcenter.app import create_app
from callcenter.core import db
from callcenter.core.security import SYSTEM, Role
from callcenter.operators import service as operators
from tests.fakes import FakeTelephony


@dataclass
class Person:
    """Somebody logged in to the pages."""

    client: TestClient
    user_id: int
    headers: dict[str, str]

    def send(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        answer = self.client.request(method, path, json=body or None, headers=self.headers)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def get(self, path: str, status: int = 200) -> Any:
        return self.send("GET", path, status)

    def post(self, path: str, status: int = 200, **body: Any) -> Any:
        return self.send("POST", path, status, **body)


@dataclass
class Shift:
    """Who is there."""

    client: TestClient
    telephony: FakeTelephony
    people: list[Person] = field(default_factory=list)

    def person(self, role: Role, extension: str = "") -> Person:
        number = len(self.people)
        with db.unit_of_work() as session:
            user = accounts.create_user(
                session, username=f"u{number}", name=f"王小{number}", password="correct-horse", roles=[role]
            )
            if extension:
                operators.create_operator(session, user_id=user.id, extension=extension, queues=["q12345"], by=SYSTEM)
            token = accounts.open_session(session, user=user)
        made = Person(self.client, user.id, {"Authorization": f"Bearer {token}"})
        if extension:
            made.post("/api/operators/me/login")
        self.people.append(made)
        return made


@pytest.fixture
def shift(database: Engine) -> Iterator[Shift]:
    telephony = FakeTelephony()
    with TestClient(create_app(telephony)) as client:
        yield Shift(client, telephony)


@pytest.fixture
def operator(shift: Shift) -> Person:
    return shift.person(Role.OPERATOR, "9001")


@pytest.fixture
def supervisor(shift: Shift) -> Person:
    return shift.person(Role.SUPERVISOR, "9009")
