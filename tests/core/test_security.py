"""Roles, passwords and tokens."""

import re
import subprocess
import sys

import pytest

from callcenter.core.errors import Forbidden
from callcenter.core.security import (
    PERMISSIONS,
    ROLE_NAMES,
    SYSTEM,
    Actor,
    Permission,
    Role,
    hash_password,
    new_token,
    require,
    token_hash,
    verify_password,
)

pytestmark = pytest.mark.unit


def actor(*roles: Role) -> Actor:
    return Actor(1, "王小明", frozenset(roles))


def test_every_role_has_a_name_and_permissions() -> None:
    assert set(PERMISSIONS) == set(ROLE_NAMES) == set(Role)


def test_roles_add_up_and_nobody_has_nothing_by_default() -> None:
    assert not actor().may(Permission.CALL_READ)
    assert not actor(Role.DEPARTMENT).may(Permission.CALL_READ)
    assert actor(Role.DEPARTMENT, Role.SURVEYOR).may(Permission.CALL_READ)


@pytest.mark.parametrize("permission", Permission)
def test_only_the_system_and_administrators_may_everything(permission: Permission) -> None:
    assert SYSTEM.may(permission)
    assert actor(Role.ADMIN).may(permission)


def test_a_refusal_says_what_to_do() -> None:
    with pytest.raises(Forbidden, match=r"rules\.publish.*联系班长或管理员"):
        require(actor(Role.OPERATOR), Permission.RULES_PUBLISH)
    require(actor(Role.SUPERVISOR), Permission.RULES_PUBLISH)


def test_passwords_are_salted_and_checked() -> None:
    first, second = hash_password("correct-horse"), hash_password("correct-horse")
    assert first != second
    assert "correct-horse" not in first
    assert verify_password(first, "correct-horse")
    assert not verify_password(first, "wrong")
    assert not verify_password("not a hash", "correct-horse")


def test_a_stolen_hash_costs_memory_and_time_to_try() -> None:
    """In a process of its own, because the tests use a cheap one. OWASP: argon2id, at least 19 MiB, two rounds."""
    program = "from callcenter.core.security import hash_password; print(hash_password('correct-horse'))"
    made = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    match = re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$", made.stdout)
    assert match and int(match[1]) >= 19 * 1024 and int(match[2]) >= 2


def test_tokens_are_long_and_kept_only_as_hash() -> None:
    token = new_token()
    assert len(token) >= 43
    assert token != new_token()
    assert token not in token_hash(token)
