"""The whole hotline as processes, in a folder and on ports of its own."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from callcenter.parts import free_port
from callcenter.settings import PROJECT_ROOT, get_settings
from demo.api import Api
from demo.hotline import Hotline
from softphone import CITIZEN_HZ, OPERATOR_HZ, CallLeg, Phone, wait_tone

SET_UP = ("models", "prompts")
"""What `make setup` made once for all: linked, not copied."""


@dataclass(frozen=True)
class Running:
    """Where the hotline under test listens."""

    hotline: Hotline
    folder: Path
    web_url: str
    sip_port: int
    carrier_port: int
    accounts: dict[str, str]
    internal_token: str

    def pid(self, role: str) -> int:
        """Process id of a role, found by its command line among the supervisor's children."""
        children = Path(f"/proc/{self.hotline.pid}/task/{self.hotline.pid}/children").read_text().split()
        for child in children:
            try:
                command = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if role in command or (role == "redis" and "redis-server" in command[0]):
                return int(child)
        raise AssertionError(f"no process of role {role}")


def own_environment(folder: Path) -> dict[str, str]:
    """Ports and folders nobody else uses."""
    for name in SET_UP:
        (folder / name).symlink_to(PROJECT_ROOT / "var" / name)
    ports = {
        name: str(free_port())
        for name in ("WEB_PORT", "AGI_PORT", "SIP_PORT", "AMI_PORT", "ARI_PORT", "ASR_AUDIO_PORT")
    }
    environment = {f"CALLCENTER_{name}": port for name, port in ports.items()}
    environment |= {
        "CALLCENTER_DATA_DIR": str(folder),
        "CALLCENTER_ASTERISK_ROOT": str(get_settings().asterisk_tree),
        "CALLCENTER_ASR_HTTP_URL": f"http://127.0.0.1:{free_port()}",
        "CALLCENTER_TRUNK_PEER": f"127.0.0.1:{free_port()}",
        "CALLCENTER_REDIS_URL": "",
        "CALLCENTER_INTERNAL_TOKEN": secrets.token_urlsafe(12),
        "CALLCENTER_RTP_START": "24000",
        "CALLCENTER_RTP_END": "25999",
    }
    return environment


@contextmanager
def started(folder: Path, **more: str) -> Iterator[Running]:
    """Started with `callcenter run`, stopped with SIGTERM, as its operator would; `more` are further settings."""
    environment = own_environment(folder) | more
    hotline = Hotline(environment=environment)
    try:
        assert hotline.start(), "the hotline did not start; see its output above"
        yield Running(
            hotline=hotline,
            folder=folder,
            web_url=f"http://127.0.0.1:{environment['CALLCENTER_WEB_PORT']}",
            sip_port=int(environment["CALLCENTER_SIP_PORT"]),
            carrier_port=int(environment["CALLCENTER_TRUNK_PEER"].split(":")[1]),
            accounts=hotline.accounts(),
            internal_token=environment["CALLCENTER_INTERNAL_TOKEN"],
        )
    finally:
        hotline.stop()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """On the embedded defaults."""
    with started(tmp_path_factory.mktemp("hotline")) as up:
        yield up


@pytest.fixture(scope="module")
def api(running: Running) -> Iterator[Api]:
    """As the operator of the scripted phone."""
    api = Api(running.web_url, "operator1", running.accounts["operator1"])
    yield api
    api.close()


@pytest.fixture(scope="module")
def phones(running: Running, api: Api) -> Iterator[tuple[Phone, Phone]]:
    """A citizen and the operator at their seat."""
    server = ("127.0.0.1", running.sip_port)
    seat = api.post("/api/operators/me/login")
    with (
        Phone("citizen", server) as citizen,
        Phone("operator", server, user=seat["extension"], password=seat["sip_password"]) as operator,
    ):
        operator.register()
        yield citizen, operator


def both_hear(caller: CallLeg, taken: CallLeg) -> None:
    wait_tone(caller, OPERATOR_HZ)
    wait_tone(taken, CITIZEN_HZ)
