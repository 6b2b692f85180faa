"""A citizen played by SIPp, so that calls are proven with a SIP client that is not ours."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from softphone.errors import PhoneError, PhoneTimeout
from softphone.sound import RATE, Samples, alaw_encode, load_wav
from softphone.transactions import Peer

_SCENARIO = Path(__file__).with_name("citizen.xml")
_SUCCESS = 0


class SippCall:
    """One running SIPp that makes one call."""

    def __init__(self, process: "subprocess.Popen[bytes]", errors: Path) -> None:
        self._process, self._errors = process, errors

    def wait(self, timeout: float = 60.0) -> None:
        """Return when the call has run as it should; raises PhoneError with SIPp's own words where it has not."""
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise PhoneTimeout(f"SIPp has not ended its call within {timeout:g} s") from None
        if status != _SUCCESS:
            said = self._errors.read_text(errors="replace")[:500] if self._errors.exists() else ""
            raise PhoneError(f"SIPp's call failed with status {status}: {said}")


@contextmanager
def sipp_call(
    number: str, server: Peer, sound: Path | str | Samples, *, from_number: str, bind_ip: str = "127.0.0.1"
) -> Iterator[SippCall]:
    """A call to `number` that speaks `sound` and then hangs up."""
    program = shutil.which("sipp")
    if program is None:
        raise PhoneError("SIPp is not installed: install the package sip-tester")
    samples = load_wav(sound) if isinstance(sound, Path | str) else sound
    with tempfile.TemporaryDirectory(prefix="sipp-") as folder:
        home = Path(folder)
        (home / "sound.al").write_bytes(alaw_encode(samples))
        scenario = _SCENARIO.read_text().replace("CALLER", from_number).replace("SOUND", str(home / "sound.al"))
        (home / "call.xml").write_text(scenario.replace("MILLISECONDS", str(round(1000 * len(samples) / RATE))))
        command = [program, f"{server[0]}:{server[1]}", "-sf", str(home / "call.xml"), "-s", number, "-m", "1"]
        command += ["-i", bind_ip, "-p", str(_free_port(bind_ip)), "-mi", bind_ip, "-mp", str(_free_port(bind_ip))]
        command += ["-nostdin", "-trace_err", "-error_file", str(home / "errors")]
        process = subprocess.Popen(command, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield SippCall(process, home / "errors")
        finally:
            process.kill()
            process.wait()


def _free_port(ip: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((ip, 0))
        return int(probe.getsockname()[1])
