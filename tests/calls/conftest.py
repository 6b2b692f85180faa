"""A call as the line reports it, step by step, at given seconds after its start."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from callcenter.accounts import service as accounts
from callcenter.calls.models import Call, Party
from callcenter.calls.service import ending, line, people
from callcenter.calls.service.people import PartyState
from callcenter.calls.telephony import Cause
from callcenter.core.security import SYSTEM, Role
from callcenter.operators import service as operators

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
_extensions = itertools.count(8001)


@dataclass
class Story:
    """Tells facts of one call."""

    session: Session
    call_id: str = "5f0c0000-0000-4000-8000-000000000001"
    extension: str = ""
    user_id: int = 0

    @staticmethod
    def at(seconds: float) -> datetime:
        return START + timedelta(seconds=seconds)

    def call(self) -> Call:
        self.session.flush()
        call = self.session.get(Call, self.call_id, populate_existing=True)
        assert call
        return call

    def start(self, seconds: float = 0, number: str | None = "13912345678") -> None:
        line.started(
            self.session,
            call_id=self.call_id,
            leg_key=f"{self.call_id}-caller",
            did="12345",
            caller_number=number,
            at=self.at(seconds),
        )

    def queue(self, seconds: float, queue: str = "q12345", priority: int = 0) -> None:
        line.queued(self.session, call_id=self.call_id, queue=queue, priority=priority, at=self.at(seconds))

    def ring(self, seconds: float) -> None:
        people.rang(self.session, call_id=self.call_id, leg_key="op", extension=self.extension, at=self.at(seconds))

    def party(
        self, seconds: float, party: str, state: str, key: str = "", cause: Cause = Cause.HUNG_UP, number: str = ""
    ) -> None:
        keys = {"caller": f"{self.call_id}-caller", "operator": "op", "department": "dept"}
        people.party_state(
            self.session,
            call_id=self.call_id,
            leg_key=key or keys[party],
            party=Party(party),
            state=PartyState(state),
            at=self.at(seconds),
            number=number or (self.extension if party == "operator" else None),
            cause=cause,
        )

    def end(self, seconds: float, stage: str) -> Call:
        return ending.ended(self.session, call_id=self.call_id, stage=stage, cause=16, at=self.at(seconds))

    def presences(self) -> list[tuple[str, str, float, float | None]]:
        return [
            (
                presence.leg.party.value,
                presence.how.value,
                (presence.from_at - START).total_seconds(),
                (presence.to_at - START).total_seconds() if presence.to_at else None,
            )
            for presence in self.call().presences
        ]


@pytest.fixture
def make_story(session: Session) -> Callable[[], Story]:
    """A story with an operator of its own."""

    def make() -> Story:
        extension = str(next(_extensions))
        user = accounts.create_user(
            session, username=extension, name="王小明", password="correct-horse", roles=[Role.OPERATOR]
        )
        operators.create_operator(session, user_id=user.id, extension=extension, queues=["q12345"], by=SYSTEM)
        return Story(session, extension=extension, user_id=user.id)

    return make


@pytest.fixture
def story(make_story: Callable[[], Story]) -> Story:
    return make_story()
