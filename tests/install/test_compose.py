"""The production description keeps step with the program: its roles, its commands, its settings, its secrets."""

import re
import subprocess

import pytest
import yaml
from typer.main import get_command

from callcenter.main import app
from callcenter.settings import PROJECT_ROOT, Settings

pytestmark = pytest.mark.unit

FILE = PROJECT_ROOT / "docker-compose.yml"
SERVICES = {"asterisk", "postgres", "redis", "migrate", "web", "agi", "listener", "worker", "asr"}


@pytest.fixture(scope="module")
def compose() -> dict[str, dict[str, dict[str, object]]]:
    return dict(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def test_every_role_is_a_service(compose: dict[str, dict[str, dict[str, object]]]) -> None:
    assert set(compose["services"]) == SERVICES


def test_services_run_commands_that_exist(compose: dict[str, dict[str, dict[str, object]]]) -> None:
    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    said = {word for service in compose["services"].values() for word in _words(service.get("command", []))}
    assert {"web", "agi", "listen", "work", "asterisk", "migrate", "seed"} <= said <= known


def _words(command: object) -> set[str]:
    """What follows `callcenter` in a command."""
    parts = [str(part) for part in command] if isinstance(command, list) else []
    return set(re.findall(r"callcenter (\w+)", " ".join(parts)))


def test_settings_are_settings_of_the_program(compose: dict[str, dict[str, dict[str, object]]]) -> None:
    given = {name for service in compose["services"].values() for name in service.get("environment", {})}  # type: ignore[attr-defined]
    ours = {name.removeprefix("CALLCENTER_").lower() for name in given if name.startswith("CALLCENTER_")}
    assert ours
    assert ours <= set(Settings.model_fields)


def test_secrets_have_no_default_and_are_named_at_the_top(compose: dict[str, dict[str, dict[str, object]]]) -> None:
    text = FILE.read_text(encoding="utf-8")
    wanted = set(re.findall(r"\$\{(\w+):\?\}", text))
    assert {"POSTGRES_PASSWORD", "INTERNAL_TOKEN", "VAULT_KEY"} <= wanted
    named = text.splitlines()[1]
    assert all(name in named for name in wanted)


def test_the_tool_itself_accepts_it() -> None:
    secrets = dict.fromkeys(re.findall(r"\$\{(\w+):\?\}", FILE.read_text(encoding="utf-8")), "x")
    environment = {"PATH": "/usr/bin:/bin", **secrets}
    command = ["docker-compose", "-f", str(FILE), "config", "-q"]
    checked = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked.stderr
