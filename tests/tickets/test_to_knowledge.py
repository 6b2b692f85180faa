"""A reviewed reply becomes a draft of the knowledge base, once, masked, never of a secret ticket."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from callcenter.core.errors import Conflict
from callcenter.core.security import Actor, Role
from callcenter.knowledge.service import editing
from callcenter.tickets import knowledge
from callcenter.tickets.models import Ticket

pytestmark = pytest.mark.db

Do = Callable[..., Ticket]
WRITER = Actor(None, "编辑", frozenset({Role.SUPERVISOR}))


def answered(handled: Ticket, boss: Actor, clerk: Actor, do: Do) -> Ticket:
    do(handled, "reply", clerk, text="夜间施工须持证，可拨13800001234查询。")
    do(handled, "approve", boss)
    return handled


def test_a_reviewed_reply_becomes_one_masked_draft(
    city: Session, handled: Ticket, boss: Actor, clerk: Actor, do: Do
) -> None:
    answered(handled, boss, clerk, do)
    entries = {knowledge.draft(city, ticket_id=handled.id, by=WRITER).id for _ in range(2)}
    assert len(entries) == 1
    draft = editing.get(city, entry_id=entries.pop()).latest
    assert (draft.owner_unit, draft.topic, draft.question) == ("urban_mgmt", handled.topic, handled.title)
    assert "138****1234" in draft.answer and handled.number in draft.basis


def test_not_before_review_and_never_of_a_secret(
    city: Session, handled: Ticket, boss: Actor, clerk: Actor, do: Do
) -> None:
    with pytest.raises(Conflict, match="审核通过"):
        knowledge.draft(city, ticket_id=handled.id, by=WRITER)
    answered(handled, boss, clerk, do).is_secret = True
    with pytest.raises(Conflict, match="保密"):
        knowledge.draft(city, ticket_id=handled.id, by=WRITER)
