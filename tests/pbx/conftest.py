"""A real Asterisk with the project's own dialplan, and nothing of Python behind it unless a test starts it."""

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from weakref import WeakKeyDictionary

import httpx2
import pytest
import yaml

from callcenter.pbx import asterisk, journal, render
from callcenter.settings import PROJECT_ROOT, Settings, get_settings
from softphone import CITIZEN_HZ, DEPARTMENT_HZ, OPERATOR_HZ, CallLeg, Phone, energy_at, load_wav, save_wav, tone
from softphone.sound import RATE, Samples

TRUNK_IP = "127.0.0.2"
PROMPTS = yaml.safe_load((PROJECT_ROOT / "dialplan/sounds/zh/prompts.yaml").read_text())
# Every prompt is a tone of its own, so that a test hears which one was played: above the notes of the music on hold
# (callcenter/pbx/music.py), and none of the parties' own.
PROMPT_TONES = (hz for hz in count(425, 25) if hz not in (CITIZEN_HZ, OPERATOR_HZ, DEPARTMENT_HZ))
PROMPT_HZ = dict(zip((name for name in PROMPTS if "/" not in name), PROMPT_TONES, strict=False))
DIGITS_HZ = 2200
PROMPT_HZ |= {name: DIGITS_HZ for name in PROMPTS if "/" in name}
PROMPT_SECONDS = 0.5
TONE_THRESHOLD = 2000
FACT_SECONDS = 10.0

Fact = dict[str, str]


def free_ports(count: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket(socket.AF_INET, kind)) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@dataclass
class Line:
    """The running exchange as tests see it."""

    settings: Settings
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def sip(self) -> tuple[str, int]:
        return self.settings.sip_host, self.settings.sip_port

    def rx(self, command: str) -> str:
        return asterisk.rx(self.settings, command)

    def facts(self, call_id: str, name: str = "") -> list[Fact]:
        """What the journal says of a call, in order."""
        return [fact for fact in self.journal() if fact["CallUUID"] == call_id and name in ("", fact["UserEvent"])]

    def journal(self) -> list[Fact]:
        return list(journal.facts(render.journal_dir(self.settings), self.started_at))

    def wait_fact(self, call_id: str, name: str, seconds: float = FACT_SECONDS, **wanted: str) -> Fact:
        """The first fact of that name with those fields, once it is there."""
        return self._wait(
            lambda fact: fact["CallUUID"] == call_id and fact["UserEvent"] == name and wanted.items() <= fact.items(),
            seconds,
            f"no {name} {wanted}",
        )

    def call_id(self, number: str) -> str:
        """Id of the call from that number."""
        return self._wait(lambda fact: fact.get("Caller") == number, FACT_SECONDS, f"no call from {number}")["CallUUID"]

    def _wait(self, wanted: Callable[[Fact], bool], seconds: float, complaint: str) -> Fact:
        ends = time.monotonic() + seconds
        while True:
            facts = self.journal()
            for fact in facts:
                if wanted(fact):
                    return fact
            assert time.monotonic() < ends, f"{complaint} in {facts[-20:]}"
            time.sleep(0.05)

    def ami(self, action: str, **fields: str) -> str:
        """Answer to one action on a connection of its own."""
        lines = [f"Action: {action}", *(f"{key}: {value}" for key, value in fields.items())]
        login = f"Action: Login\r\nUsername: {self.settings.ami_user}\r\nSecret: {self.settings.ami_secret}\r\n\r\n"
        with socket.create_connection((self.settings.ami_host, self.settings.ami_port), timeout=5) as link:
            link.sendall(login.encode() + "\r\n".join([*lines, "", "Action: Logoff\r\n\r\n"]).encode())
            said = b"".join(iter(lambda: link.recv(4096), b""))
        return said.decode()

    @contextmanager
    def listening(self) -> Iterator[Callable[[], list[Fact]]]:
        """Connected to AMI; the value gives all events so far, as the application would get them."""
        with socket.create_connection((self.settings.ami_host, self.settings.ami_port), timeout=5) as link:
            user = f"Username: {self.settings.ami_user}\r\nSecret: {self.settings.ami_secret}"
            link.sendall(f"Action: Login\r\n{user}\r\n\r\n".encode())
            said = b""
            while b"FullyBooted" not in said:
                said += link.recv(4096)

            def events() -> list[Fact]:
                link.sendall(b"Action: Ping\r\n\r\n")
                said = ""
                while "Ping: Pong" not in said:
                    said += link.recv(65536).decode()
                blocks = (block.splitlines() for block in said.split("\r\n\r\n"))
                return [_event(block) for block in blocks]

            yield events

    def channels(self, name: str) -> list[str]:
        """Channels now up whose name begins so."""
        rows = (row.partition("!")[0] for row in self.rx("core show channels concise").splitlines())
        return [row for row in rows if row.startswith(name)]

    def recording(self, call_id: str) -> Samples:
        """The caller's file once the call is over."""
        self.wait_fact(call_id, "CallEnd")
        name = self.wait_fact(call_id, "Recording", Party="caller")["File"]
        return load_wav(self.settings.recordings_dir / name)

    def logged_in(self, phone: Phone, queue: str = "q12345") -> "LoggedIn":
        return LoggedIn(self, phone, queue)


def _event(rows: list[str]) -> Fact:
    """A header that comes more than once has its values in lines."""
    event: Fact = {}
    for name, _, value in (row.partition(": ") for row in rows):
        event[name] = f"{event[name]}\n{value}" if name in event else value
    return event


@dataclass
class LoggedIn:
    """An operator in a queue for the length of a block."""

    line: Line
    phone: Phone
    queue: str

    def __enter__(self) -> Phone:
        said = self.line.rx(f"queue add member PJSIP/{self.phone.user} to {self.queue}")
        assert "Added" in said, said
        ends = time.monotonic() + FACT_SECONDS
        # A phone that has just registered is reachable a moment later.
        while not re.search(
            rf"PJSIP/{self.phone.user} .*Not in use", shown := self.line.rx(f"queue show {self.queue}")
        ):
            assert time.monotonic() < ends, shown
            time.sleep(0.05)
        return self.phone

    def __exit__(self, *_: object) -> None:
        self.line.rx(f"queue remove member PJSIP/{self.phone.user} from {self.queue}")


def make_prompts(folder: Path) -> None:
    for name in PROMPTS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        save_wav(folder / f"{name}.wav", tone(PROMPT_HZ[name], PROMPT_SECONDS))


def make_settings(data_dir: Path, **changes: object) -> Settings:
    """Settings of an exchange of its own: every port free, everything short."""
    agi, ami, ari, audio = free_ports(4)
    sip, trunk = free_ports(2, socket.SOCK_DGRAM)
    values: dict[str, object] = {
        "data_dir": data_dir,
        "asterisk_root": get_settings().asterisk_tree,
        "agi_port": agi,
        "ami_port": ami,
        "ari_port": ari,
        "asr_audio_port": audio,
        "sip_port": sip,
        "trunk_match": f"{TRUNK_IP}/32",
        "trunk_peer": f"{TRUNK_IP}:{trunk}",
        "rtp_start": 40000,
        "rtp_end": 41999,
        "queue_seconds": 300,
        "announce_seconds": 4,
        "message_seconds": 6,
    }
    return Settings(**(values | changes))


_heard_last: WeakKeyDictionary[CallLeg, tuple[int, str]] = WeakKeyDictionary()


def hear(leg: CallLeg, prompt: str, seconds: float = 12.0) -> None:
    """Wait until the prompt is heard; looks at everything since the prompt heard before."""
    step = RATE // 10
    at, last = _heard_last.get(leg, (0, ""))
    over = prompt != last  # the same prompt again is a new one only after the first has ended
    ends = time.monotonic() + seconds
    while True:
        if at + 4 * step > leg.mark():  # what came less than 0.3 s ago may still be put in its place
            assert time.monotonic() < ends, f"{leg.name} has not heard {prompt} in {seconds} s"
            time.sleep(0.02)
            continue
        sounds = energy_at(leg.heard_since(at, at + step), PROMPT_HZ[prompt]) > TONE_THRESHOLD
        at += step
        if sounds and over:
            _heard_last[leg] = at, prompt
            return
        over = over or not sounds


@contextmanager
def running_line(settings: Settings) -> Iterator[Line]:
    make_prompts(settings.data_dir / "prompts" / "zh")
    with asterisk.running(settings):
        yield Line(settings)


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    with running_line(make_settings(tmp_path_factory.mktemp("line"))) as line:
        yield line


@pytest.fixture
def citizen(line: Line) -> Iterator[Phone]:
    """The carrier's side of the trunk: citizens call through it."""
    with Phone("citizen", line.sip, bind_ip=TRUNK_IP) as phone:
        yield phone


@pytest.fixture
def outside(line: Line) -> Iterator[Phone]:
    """Numbers reached through the trunk: departments, the last resort."""
    port = int(line.settings.trunk_peer.rpartition(":")[2])
    with Phone("outside", line.sip, bind_ip=TRUNK_IP, bind_port=port) as phone:
        yield phone


def push_phone(settings: Settings, user: str, password: str) -> None:
    """Make a phone known to Asterisk, as the application does, by ARI."""
    base = f"http://{settings.ari_host}:{settings.ari_port}/ari/asterisk/config/dynamic/res_pjsip"
    objects = {
        "auth": {"auth_type": "userpass", "username": user, "password": password},
        "aor": {"max_contacts": "1", "remove_existing": "yes"},
        "endpoint": {
            "auth": user, "aors": user, "context": "operators", "disallow": "all", "allow": "alaw",
            "direct_media": "no", "rtp_timeout": "3",
        },
    }  # fmt: skip
    for kind, fields in objects.items():
        body = {"fields": [{"attribute": name, "value": value} for name, value in fields.items()]}
        answer = httpx2.put(f"{base}/{kind}/{user}", json=body, auth=(settings.ari_user, settings.ari_secret))
        answer.raise_for_status()


@pytest.fixture
def make_operator(line: Line) -> Iterator[Callable[[str], Phone]]:
    """`make_operator("9001")`: a registered phone; its sound stops the call 3 s after it dies."""
    with ExitStack() as stack:

        def make(user: str) -> Phone:
            push_phone(line.settings, user, f"secret-{user}")
            phone = stack.enter_context(
                Phone(user, line.sip, user=user, password=f"secret-{user}", bind_ip="127.0.0.3")
            )
            phone.register()
            return phone

        yield make


@pytest.fixture
def operator(line: Line, make_operator: Callable[[str], Phone]) -> Iterator[Phone]:
    """An operator in the hotline's queue; a number of their own, so that no wrap-up of another test hangs over."""
    with line.logged_in(make_operator(f"{time.monotonic_ns() // 1_000_000 % 10**6:06d}")) as phone:
        yield phone


@pytest.fixture
def number() -> str:
    """A caller's number nobody else uses in this run."""
    return f"139{time.monotonic_ns() // 1000 % 10**8:08d}"
