"""A small private Asterisk for the phones to call through: a trunk, three extensions, a handful of numbers."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from softphone import Phone, save_wav, tone

_TREE = Path(os.environ.get("CALLCENTER_DATA_DIR", "var")) / "asterisk" / "root"
_LIB = "usr/lib/x86_64-linux-gnu"
_MODULES = """
 res_timing_timerfd res_sorcery_astdb res_sorcery_config res_sorcery_memory res_sorcery_memory_cache pbx_config
 res_pjproject res_pjsip res_pjsip_pubsub res_pjsip_session res_pjsip_sdp_rtp res_pjsip_authenticator_digest
 res_pjsip_registrar res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_user res_pjsip_caller_id
 res_pjsip_dtmf_info res_pjsip_nat res_pjsip_logger res_pjsip_rfc3326 res_rtp_asterisk chan_pjsip
 bridge_builtin_features bridge_builtin_interval_features bridge_holding bridge_native_rtp bridge_simple
 bridge_softmix codec_alaw codec_ulaw format_pcm format_wav app_dial app_echo app_playback app_read app_senddtmf
 app_exec app_confbridge res_musiconhold func_callerid func_channel
"""
_DIRECTORIES = "astetcdir astvarlibdir astdbdir astkeydir astspooldir astrundir astlogdir astcachedir"


@dataclass
class Asterisk:
    address: tuple[str, int]
    command: list[str]
    environment: dict[str, str]
    directory: Path

    def ask(self, command: str) -> str:
        run = [*self.command, "-rx", command]
        done = subprocess.run(run, check=False, env=self.environment, capture_output=True, text=True, timeout=10)
        return done.stdout


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _extension(number: str) -> str:
    return f"""
[{number}](extension)
auth={number}
aors={number}
[{number}]
type=auth
auth_type=userpass
username={number}
password=secret-{number}
[{number}]
type=aor
max_contacts=1
remove_existing=yes
"""


def _configure(home: Path, port: int, carrier_port: int) -> None:
    etc = home / "etc"
    for folder in ("etc", "var/keys", "var/moh", "spool", "run", "log/cdr-csv", "data/sounds/en"):
        (home / folder).mkdir(parents=True)
    places = {"astetcdir": etc, "astrundir": home / "run", "astlogdir": home / "log", "astspooldir": home / "spool"}
    lines = [f"{name} => {places.get(name, home / 'var')}" for name in _DIRECTORIES.split()]
    modules = (_TREE / _LIB / "asterisk" / "modules").absolute()
    (home / "data" / "documentation").symlink_to((_TREE / "usr/share/asterisk/documentation").absolute())
    directories = "\n".join([*lines, f"astmoddir => {modules}", f"astdatadir => {home}/data"])
    files = {
        "asterisk.conf": f"[directories]\n{directories}\n",
        "modules.conf": "[modules]\nautoload=no\n" + "".join(f"load={m}.so\n" for m in _MODULES.split()),
        "logger.conf": "[logfiles]\nmessages => notice,warning,error\n",
        "rtp.conf": "[general]\nrtpstart=30000\nrtpend=39998\n",
        "musiconhold.conf": f"[default]\nmode=files\ndirectory={home}/var/moh\n",
        "confbridge.conf": "[general]\n[default_bridge]\ntype=bridge\n[default_user]\ntype=user\nquiet=yes\n",
        "pjsip.conf": _PJSIP.format(port=port, carrier_port=carrier_port)
        + "".join(_extension(number) for number in ("9001", "9002", "9003")),
        "extensions.conf": _DIALPLAN,
    }
    for name in ("pjproject", "features", "udptl", "indications"):
        files[f"{name}.conf"] = ""
    for name, text in files.items():
        (etc / name).write_text(text)


_PJSIP = """
[transport]
type=transport
protocol=udp
bind=127.0.0.1:{port}
[trunk]
type=endpoint
context=calls
disallow=all
allow=alaw
direct_media=no
rtp_timeout=3
aors=trunk
[trunk]
type=identify
endpoint=trunk
match=127.0.0.2
[trunk]
type=aor
contact=sip:127.0.0.2:{carrier_port}
[extension](!)
type=endpoint
context=calls
disallow=all
allow=alaw
direct_media=no
"""

_DIALPLAN = """
[calls]
exten => _900X,1,Dial(PJSIP/${EXTEN},20)
exten => _1X.,1,Dial(PJSIP/${EXTEN}@trunk,20)
exten => echo,1,Answer()
 same => n,Echo()
exten => music,1,Answer()
 same => n,MusicOnHold(default,30)
exten => read,1,Answer()
 same => n,Read(DIGITS,,3,,1,5)
 same => n,SendDTMF(${DIGITS},60)
 same => n,Wait(5)
exten => leave,1,Answer()
 same => n,Hangup(16)
exten => room,1,ConfBridge(1)
"""


@pytest.fixture(scope="session")
def carrier_port() -> int:
    return _free_port()


@pytest.fixture(scope="session")
def asterisk(tmp_path_factory: pytest.TempPathFactory, carrier_port: int) -> Iterator[Asterisk]:
    if not (_TREE / "usr/sbin/asterisk").exists():
        pytest.fail(f"no Asterisk under {_TREE}: run make setup, or set CALLCENTER_DATA_DIR")
    home, port = tmp_path_factory.mktemp("asterisk"), _free_port()
    _configure(home, port, carrier_port)
    save_wav(home / "var/moh/music.wav", tone(400, 2.0))
    lib = (_TREE / _LIB).absolute()
    command = [f"{lib}/ld-linux-x86-64.so.2", "--library-path", str(lib), "--argv0", "asterisk",
               str((_TREE / "usr/sbin/asterisk").absolute()), "-C", f"{home}/etc/asterisk.conf"]  # fmt: skip
    environment = {**os.environ, "OPENSSL_MODULES": f"{lib}/ossl-modules", "GCONV_PATH": f"{lib}/gconv"}
    server = Asterisk(("127.0.0.1", port), command, environment, home)
    with (home / "console").open("w") as console:
        process = subprocess.Popen([*command, "-f"], env=environment, stdout=console, stderr=console)
    try:
        deadline = time.monotonic() + 20
        while "fully booted" not in server.ask("core waitfullybooted"):
            if time.monotonic() > deadline or process.poll() is not None:
                pytest.fail(f"Asterisk did not start: {(home / 'console').read_text()[-2000:]}")
            time.sleep(0.1)
        yield server
    finally:
        server.ask("core stop now")
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def carrier(asterisk: Asterisk, carrier_port: int) -> Iterator[Phone]:
    """The telephone network: citizens and departments call and are called through it."""
    with Phone("carrier", asterisk.address, bind_ip="127.0.0.2", bind_port=carrier_port) as phone:
        yield phone


@pytest.fixture
def operator(asterisk: Asterisk) -> Iterator[Phone]:
    with Phone("operator", asterisk.address, user="9001", password="secret-9001", bind_ip="127.0.0.3") as phone:
        phone.register()
        yield phone
