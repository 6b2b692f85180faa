"""Asterisk's CPU per recorded call, with and without the taps to the recogniser, in one run.

    python -m benchmarks.tap_cpu [--calls 30] [--seconds 20]

Both arms: SIPp callers through the hotline's own dialplan into the queue, answered by a SIPp that echoes their sound,
recorded. The arm without taps runs the same dialplan with an empty `[tap]`. The other end of the taps only reads.
"""

import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from callcenter.parts import free_port
from callcenter.pbx import asterisk
from callcenter.settings import PROJECT_ROOT, Settings
from softphone.sound import alaw_encode, tone

TICKS = os.sysconf("SC_CLK_TCK")
SETTLE_SECONDS = 12
APPLICATION, BRIDGE = 5, 12
"""Columns of `core show channels concise`."""
BENCH_CONTEXT = "\n[bench]\nexten => _X.,1,Dial(PJSIP/${EXTEN}@trunk)\n same => n,Hangup()\n"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--calls", type=int, default=30)
    options.add_argument("--seconds", type=int, default=20)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    shares: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(chosen.rounds):
        for tapped in (False, True):
            share, up = measure(chosen.calls, chosen.seconds, tapped=tapped)
            shares[tapped].append(share)
            print(
                f"{'with' if tapped else 'without'} taps: {up} calls up, {share:.3f} % of a core per call", flush=True
            )
    without, with_taps = (statistics.median(shares[tapped]) for tapped in (False, True))
    print(
        f"\nmedian without {without:.3f} %, with {with_taps:.3f} % of a core per call: {with_taps / without:.2f} times"
    )


def measure(calls: int, seconds: int, *, tapped: bool) -> tuple[float, int]:
    """Per cent of one core that Asterisk uses for each call in steady talk, and how many calls were up."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tap-")))
        audio, trunk = free_port(), free_port()
        stack.enter_context(sink(audio))
        settings = Settings(
            data_dir=folder,
            dialplan_dir=own_dialplan(folder, tapped=tapped),
            asterisk_root=Settings().asterisk_tree,
            sip_port=free_port(),
            ami_port=free_port(),
            ari_port=free_port(),
            agi_port=free_port(),
            asr_audio_port=audio,
            trunk_peer=f"127.0.0.1:{trunk}",
            rtp_start=26000,
            rtp_end=27999,
        )
        (folder / "prompts").symlink_to(PROJECT_ROOT / "var" / "prompts")
        process = stack.enter_context(asterisk.running(settings))
        for number in range(calls):
            asterisk.rx(settings, f"queue add member Local/{2000 + number}@bench/n to q12345")
        stack.enter_context(sipp(folder, "-sn", "uas", "-rtp_echo", port=trunk))
        stack.enter_context(callers(folder, settings, calls, SETTLE_SECONDS + seconds + 20))
        time.sleep(SETTLE_SECONDS + calls / 10)
        before, began = cpu_seconds(process.pid), time.monotonic()
        time.sleep(seconds)
        used, passed = cpu_seconds(process.pid) - before, time.monotonic() - began
        up = talking(settings)
        if up < calls * 0.9:
            raise SystemExit(f"only {up} of {calls} calls were connected: the figure would be wrong")
        return 100 * used / passed / up, up


def own_dialplan(folder: Path, *, tapped: bool) -> Path:
    """A copy of the dialplan with phones for the benchmark, and without taps where they are not wanted."""
    copy = folder / "dialplan"
    shutil.copytree(PROJECT_ROOT / "dialplan", copy)
    with (copy / "operators.conf").open("a") as file:
        file.write(BENCH_CONTEXT)
    if not tapped:
        report = copy / "report.conf"
        text, found = re.subn(r"(?m)^ same => n,Originate\(AudioSocket.*\n", "", report.read_text())
        assert found == 1, "the dialplan's tap has changed: mend this benchmark"
        report.write_text(text)
    return copy


@contextmanager
def callers(folder: Path, settings: Settings, calls: int, seconds: int) -> Iterator[None]:
    """So many callers, ten a second, speaking a tone without end."""
    (folder / "tone.al").write_bytes(alaw_encode(tone(600, 1.0)))
    scenario = (PROJECT_ROOT / "softphone" / "citizen.xml").read_text()
    scenario = scenario.replace("SOUND,1,8", f"{folder}/tone.al,-1,8").replace("CALLER", "13800000000")
    (folder / "call.xml").write_text(scenario.replace("MILLISECONDS", str(seconds * 1000)))
    target = f"{settings.sip_host}:{settings.sip_port}"
    arguments = [target, "-sf", str(folder / "call.xml"), "-s", "12345", "-m", str(calls), "-l", str(calls), "-r", "10"]
    with sipp(folder, *arguments, port=free_port()):
        yield


@contextmanager
def sipp(folder: Path, *arguments: str, port: int) -> Iterator[None]:
    command = ["sipp", *arguments, "-i", "127.0.0.1", "-p", str(port), "-mi", "127.0.0.1", "-mp", str(free_port())]
    process = subprocess.Popen([*command, "-nostdin"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def sink(port: int) -> Iterator[None]:
    """The far end of the taps: reads and throws away, in one thread each."""
    listener = socket.create_server(("127.0.0.1", port), backlog=256)

    def drain(link: socket.socket) -> None:
        with link:
            while link.recv(65536):
                pass

    def accept() -> None:
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=drain, args=(link,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def talking(settings: Settings) -> int:
    """Callers in `Queue` who are bridged to somebody."""
    rows = (line.split("!") for line in asterisk.rx(settings, "core show channels concise").splitlines())
    return sum(len(row) > BRIDGE and row[APPLICATION] == "Queue" and bool(row[BRIDGE]) for row in rows)


if __name__ == "__main__":
    main()
