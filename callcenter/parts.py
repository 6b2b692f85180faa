"""Which processes make the hotline on one machine, in starting order, and how each shows that it is well."""

import json
import secrets
import socket
from collections.abc import Callable
from pathlib import Path

import httpx2
from redis import Redis
from redis.exceptions import RedisError

from callcenter.core import alive
from callcenter.core.errors import Unavailable
from callcenter.settings import Settings
from callcenter.supervisor import Part, own_python

PROBE_SECONDS = 1.0
SECRETS = ("CALLCENTER_AMI_SECRET", "CALLCENTER_ARI_SECRET", "CALLCENTER_INTERNAL_TOKEN")


def own_secrets(settings: Settings) -> dict[str, str]:
    """Random secrets of this installation, made once and readable by its owner only."""
    file = settings.run_dir / "secrets.json"
    if file.exists():
        return dict(json.loads(file.read_text()))
    made = {name: secrets.token_hex(16) for name in SECRETS}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(json.dumps(made))
    return made


def require_free_ports(settings: Settings) -> None:
    """Raise Unavailable, naming every port that somebody else holds and the setting that moves it."""
    wanted = {
        "CALLCENTER_WEB_PORT": settings.web_port,
        "CALLCENTER_AGI_PORT": settings.agi_port,
        "CALLCENTER_AMI_PORT": settings.ami_port,
        "CALLCENTER_ARI_PORT": settings.ari_port,
        "CALLCENTER_ASR_AUDIO_PORT": settings.asr_audio_port,
        "CALLCENTER_ASR_HTTP_URL": _port_of(settings.asr_http_url),
    }
    busy = [f"{port}({name})" for name, port in wanted.items() if _is_open(settings.web_host, port)]
    if _udp_busy(settings.sip_host, settings.sip_port):
        busy.append(f"{settings.sip_port}/UDP(CALLCENTER_SIP_PORT)")
    if busy:
        raise Unavailable(
            f"端口已被占用：{'、'.join(busy)}。请先停止占用它的程序（可能是另一个正在运行的热线），或用括号里的设置换一个端口。",
            code="port_busy",
        )


def parts(settings: Settings, *, redis_port: int | None) -> list[Part]:
    """Parts in starting order. `redis_port`: start a private Redis there; None: one is configured."""
    for role in ("listen", "work"):
        alive.clear(settings, role)
    asr_environment = {
        "ASR_DATA_DIR": str(settings.data_dir),
        "ASR_AUDIO_HOST": settings.asr_audio_host,
        "ASR_AUDIO_PORT": str(settings.asr_audio_port),
        "ASR_HTTP_PORT": str(_port_of(settings.asr_http_url)),
        "ASR_CALLCENTER_URL": _web_url(settings),
        "ASR_TOKEN": settings.internal_token,
        "ASR_VOCABULARY_DIR": str(settings.city_dir),
    }
    return [
        *([_private_redis(settings, redis_port)] if redis_port else []),
        Part(
            "asterisk",
            "电话交换（Asterisk）",
            _role("asterisk"),
            f"SIP {settings.sip_host}:{settings.sip_port}",
            _greets(settings.ami_host, settings.ami_port, b"Asterisk"),
            niceness=-10,  # calls come first
        ),
        Part("web", "网页与接口", _role("web"), _web_url(settings), _answers(f"{_web_url(settings)}/api/health")),
        Part(
            "agi",
            "来电路由（FastAGI）",
            _role("agi"),
            f"{settings.agi_host}:{settings.agi_port}",
            lambda: _is_open(settings.agi_host, settings.agi_port),
        ),
        Part("listen", "话务事件", _role("listen"), "", lambda: alive.is_marked(settings, "listen")),
        Part("work", "后台任务", _role("work"), "", lambda: alive.is_marked(settings, "work"), niceness=5),
        Part(
            "asr",
            "语音转写",
            own_python("-m", "asr", "serve"),
            f"{settings.asr_audio_host}:{settings.asr_audio_port}",
            _answers(f"{settings.asr_http_url}/health"),
            environment=asr_environment,
            niceness=10,  # text may come late, sound may not
        ),
    ]


def _role(name: str) -> list[str]:
    return own_python("-m", "callcenter", name)


def _private_redis(settings: Settings, port: int) -> Part:
    folder = settings.run_dir / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    # Nothing in Redis is the truth, so nothing is written to disk.
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]

    def ping() -> bool:
        try:
            return bool(Redis(port=port, socket_timeout=PROBE_SECONDS).ping())
        except RedisError:
            return False

    return Part("redis", "消息（Redis）", command, f"127.0.0.1:{port}", ping)


def free_port() -> int:
    """A port nobody uses now, on the loopback address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _web_url(settings: Settings) -> str:
    return f"http://{settings.web_host}:{settings.web_port}"


def _port_of(url: str) -> int:
    return int(httpx2.URL(url).port or 80)


def _is_open(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(PROBE_SECONDS)
        return probe.connect_ex((host, port)) == 0


def _udp_busy(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _greets(host: str, port: int, greeting: bytes) -> Callable[[], bool]:
    def check() -> bool:
        try:
            with socket.create_connection((host, port), timeout=PROBE_SECONDS) as link:
                return link.recv(64).startswith(greeting)
        except OSError:
            return False

    return check


def _answers(url: str) -> Callable[[], bool]:
    """Any HTTP answer will do: what is wrong inside is for the health page, not a reason to restart."""

    def check() -> bool:
        try:
            httpx2.get(url, timeout=PROBE_SECONDS * 3)
        except httpx2.HTTPError:
            return False
        return True

    return check


def log_dir(settings: Settings) -> Path:
    return settings.run_dir / "log"
