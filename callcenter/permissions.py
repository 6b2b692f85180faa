"""Who may do what, read from the running program; the page: `python -m callcenter.permissions`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from callcenter.accounts.web import current_user, permitted
from callcenter.app import create_app
from callcenter.core.security import PERMISSIONS, ROLE_NAMES, Permission, Role
from callcenter.tickets.lifecycle import ACTION_NAMES
from callcenter.tickets.lifecycle import PERMISSIONS as ACTION_PERMISSIONS

PEOPLE = [role for role in Role if role is not Role.SYSTEM]
ANY_LOGIN, OPEN = "登录即可", "不用登录"
_MARK = "●"


@dataclass(frozen=True)
class Endpoint:
    """One request the program answers, and what it takes to make it."""

    method: str
    path: str
    permissions: frozenset[Permission]
    needs_login: bool

    def allows(self, role: Role) -> bool:
        return self.permissions <= PERMISSIONS[role]


def endpoints(app: FastAPI) -> list[Endpoint]:
    """Every request of the interface, in the order of the program."""
    return [
        Endpoint(method, route.path, *_needs(route.dependant))
        for route in _routes(app.routes)
        for method in sorted(route.methods or ())
        if route.include_in_schema
    ]


def _routes(routes: Sequence[BaseRoute]) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif inner := getattr(route, "original_router", None):
            yield from _routes(inner.routes)


def _needs(dependant: Dependant) -> tuple[frozenset[Permission], bool]:
    found, needs_login = set(), dependant.call is current_user
    if isinstance(dependant.call, permitted):
        found.add(dependant.call.permission)
    for part in dependant.dependencies:
        inner, login = _needs(part)
        found |= inner
        needs_login |= login
    return frozenset(found), needs_login


def page(app: FastAPI) -> str:
    """The whole page."""
    heads = [ROLE_NAMES[role] for role in PEOPLE]
    return "\n".join(
        [
            "# Who may do what",
            "",
            "Written from the running program by `python -m callcenter.permissions`; a test fails when it is stale,",
            "and another one asks every request as every role. What a permission opens is narrowed further by scope:",
            "people of a handling unit see the tickets of their unit and of those that belong to it.",
            "",
            "## Requests",
            "",
            _row(["Request", "Permission", *heads]),
            _row(["---"] * (2 + len(heads))),
            *(_row([f"`{found.method} {found.path}`", _words(found), *_marks(found)]) for found in endpoints(app)),
            "",
            "## Steps of a ticket",
            "",
            _row(["Step", "Permission", *heads]),
            _row(["---"] * (2 + len(heads))),
            *(
                _row([name, f"`{ACTION_PERMISSIONS[action]}`", *_holders(ACTION_PERMISSIONS[action])])
                for action, name in ACTION_NAMES.items()
            ),
            "",
        ]
    )


def _words(endpoint: Endpoint) -> str:
    if not endpoint.needs_login:
        return OPEN
    return "、".join(f"`{permission}`" for permission in sorted(endpoint.permissions)) or ANY_LOGIN


def _marks(endpoint: Endpoint) -> list[str]:
    return [_MARK if endpoint.allows(role) else "" for role in PEOPLE]


def _holders(permission: Permission) -> list[str]:
    return [_MARK if permission in PERMISSIONS[role] else "" for role in PEOPLE]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(page(create_app()), end="")
