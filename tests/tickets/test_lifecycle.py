"""The life cycle: the table is whole, every state is reached and left, nothing closes without its callback."""

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from callcenter.core.errors import Conflict
from callcenter.settings import PROJECT_ROOT
from callcenter.tickets.diagram import page
from callcenter.tickets.lifecycle import (
    ACTION_NAMES,
    PERMISSIONS,
    STATUS_NAMES,
    TRANSITIONS,
    TicketAction,
    TicketStatus,
    allowed_actions,
    next_status,
)

pytestmark = pytest.mark.unit

ENDS = {TicketStatus.MERGED, TicketStatus.TERMINATED, TicketStatus.TRANSFERRED}


def test_every_action_has_a_permission_a_name_and_a_place_in_the_table() -> None:
    assert set(PERMISSIONS) == set(ACTION_NAMES) == {action for _, action in TRANSITIONS} == set(TicketAction)
    assert set(STATUS_NAMES) == set(TicketStatus)


def test_every_state_can_be_reached_and_all_but_the_ends_left() -> None:
    reached, fresh = set(), {TicketStatus.REGISTERED}
    while fresh:
        reached |= fresh
        fresh = {new for (old, _), new in TRANSITIONS.items() if old in reached} - reached
    assert reached == set(TicketStatus)
    assert set(TicketStatus) - {old for old, _ in TRANSITIONS} == ENDS


def test_refusal_names_state_and_action() -> None:
    with pytest.raises(Conflict, match="“已办结”，不能签收"):
        next_status(TicketStatus.CLOSED, TicketAction.SIGN)


def test_a_dispatched_ticket_closes_only_through_reply_review_and_callback() -> None:
    moves = {(old, action, new) for (old, action), new in TRANSITIONS.items() if old is not new}
    ways = {(old, action) for old, action, new in moves if new is TicketStatus.CLOSED}
    assert ways == {
        (TicketStatus.REGISTERED, TicketAction.ANSWER),
        (TicketStatus.CALLBACK, TicketAction.CLOSE),
    }
    assert {old for old, _, new in moves if new is TicketStatus.CALLBACK} == {TicketStatus.REPLIED}
    assert {old for old, _, new in moves if new is TicketStatus.REPLIED} == {TicketStatus.HANDLING}


def test_diagram_in_the_documentation_is_fresh() -> None:
    written = (PROJECT_ROOT / "docs" / "ticket-lifecycle.md").read_text(encoding="utf-8")
    assert written == page(), "run: python -m callcenter.tickets.diagram > docs/ticket-lifecycle.md"


class Life(RuleBasedStateMachine):
    """Random actions: the table alone decides, and refusals change nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.status = TicketStatus.REGISTERED
        self.replied = False

    @rule(action=st.sampled_from(TicketAction))
    def act(self, action: TicketAction) -> None:
        before = self.status
        if action in allowed_actions(before):
            self.status = next_status(before, action)
        else:
            with pytest.raises(Conflict):
                next_status(before, action)
        self.replied = (self.replied or action is TicketAction.REPLY) and action is not TicketAction.REOPEN
        if self.status is TicketStatus.CLOSED and before is TicketStatus.CALLBACK:
            assert self.replied

    @invariant()
    def ends_stay_ends(self) -> None:
        assert (self.status in ENDS) == (not allowed_actions(self.status))


Life.TestCase.settings = hypothesis_settings(max_examples=100, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase
