"""The page `docs/ticket-lifecycle.md`, written from the table: `python -m callcenter.tickets.diagram`."""

from callcenter.core.security import PERMISSIONS as ROLE_PERMISSIONS
from callcenter.core.security import ROLE_NAMES, Role
from callcenter.tickets.lifecycle import (
    ACTION_NAMES,
    PERMISSIONS,
    STATUS_NAMES,
    TRANSITIONS,
    TicketAction,
    TicketStatus,
)
from callcenter.tickets.orders import NEEDS


def mermaid() -> str:
    """The transition table as a Mermaid diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {TicketStatus.REGISTERED}: 登记"]
    lines += [f"    {status}: {name}" for status, name in STATUS_NAMES.items()]
    lines += [f"    {old} --> {new}: {ACTION_NAMES[action]}" for (old, action), new in TRANSITIONS.items()]
    left = {old for old, _ in TRANSITIONS}
    ends = [status for status in TicketStatus if status not in left or status is TicketStatus.CLOSED]
    return "\n".join(lines + [f"    {status} --> [*]" for status in ends])


def page() -> str:
    """The whole page."""
    rows = [_row(action) for action in TicketAction]
    return "\n".join(
        [
            "# The life of a ticket",
            "",
            "Written from `callcenter/tickets/lifecycle.py` by `python -m callcenter.tickets.diagram`; a test fails "
            "when it is stale.",
            "Handling actions belong to the lead unit of the ticket. Every action is checked in the order permission, "
            "version, what it needs, life cycle, guards, and leaves an event and an audit entry.",
            "",
            "```mermaid",
            mermaid(),
            "```",
            "",
            "| Action | 操作 | Who | Must be given |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _row(action: TicketAction) -> str:
    roles = [
        ROLE_NAMES[role] for role in Role if role is not Role.SYSTEM and PERMISSIONS[action] in ROLE_PERMISSIONS[role]
    ]
    return f"| `{action}` | {ACTION_NAMES[action]} | {'、'.join(roles)} | {'、'.join(NEEDS.get(action, {}).values())} |"


if __name__ == "__main__":
    print(page(), end="")
