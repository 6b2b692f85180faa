"""From INVITE to 200 and to the first sound of the greeting, with `route_call` and without AGI: same dialplan, one run.

    python -m benchmarks.invite_answer [--calls 100]

Two exchanges side by side, called in turn: one with the FastAGI server as it runs in production (own process, own
database), one whose dialplan lacks the AGI step alone. The line answers before it asks, so INVITE to 200 shows that
the carrier never waits for Python; the first sound shows what asking costs the caller.
"""

import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from callcenter.core import db
from callcenter.parts import free_port
from callcenter.pbx import asterisk
from callcenter.settings import PROJECT_ROOT, Settings
from callcenter.tables import load_models
from softphone import Phone, save_wav, tone
from softphone.sound import FRAME, RATE

AGI_STEP = r"(?m)^ same => n,AGI\(.*\n"
LOUD = 1000
QUIET_SECONDS = 0.25
"""Between calls, so that one call's end is not another's noise."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--calls", type=int, default=100)
    chosen = options.parse_args()
    times: dict[str, list[tuple[float, float]]] = {"without AGI": [], "with route_call": []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="invite-")))
        phones = {
            "without AGI": stack.enter_context(exchange(folder / "without", asked=False)),
            "with route_call": stack.enter_context(exchange(folder / "with", asked=True)),
        }
        for number in range(chosen.calls + 5):
            for arm in sorted(phones, reverse=number % 2 == 0):
                measured = call(phones[arm], f"139{number:08d}")
                if number >= 5:  # the first calls load sounds and connect to the database
                    times[arm].append(measured)
    show(times)


@contextmanager
def exchange(folder: Path, *, asked: bool) -> Iterator[Phone]:
    """An exchange with nobody logged in, and the carrier's phone to call it with."""
    dialplan = folder / "dialplan"
    shutil.copytree(PROJECT_ROOT / "dialplan", dialplan)
    settings = Settings(
        data_dir=folder,
        dialplan_dir=dialplan,
        asterisk_root=Settings().asterisk_tree,
        **{f"{name}_port": free_port() for name in ("sip", "ami", "ari", "agi", "asr_audio")},
        rtp_start=28000 if asked else 29000,
        rtp_end=28999 if asked else 29999,
    )
    for prompt in ("greeting", "greeting-repeat"):
        save_wav(make_parent(folder / "prompts" / "zh" / f"{prompt}.wav"), tone(600, 1.0))
    with ExitStack() as stack:
        if asked:
            stack.enter_context(route_call(settings))
        else:
            inbound = dialplan / "inbound.conf"
            text, found = re.subn(AGI_STEP, " same => n,Set(ROUTE_DONE=1)\n", inbound.read_text())
            assert found == 1, "the dialplan's AGI step has changed: mend this benchmark"
            inbound.write_text(text)
        stack.enter_context(asterisk.running(settings))
        yield stack.enter_context(Phone("carrier", (settings.sip_host, settings.sip_port)))


def make_parent(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


@contextmanager
def route_call(settings: Settings) -> Iterator[None]:
    """The FastAGI server as `callcenter agi` starts it."""
    load_models()
    engine = db.make_engine(settings.sql_url)
    db.Base.metadata.create_all(engine)
    environment = os.environ | {
        "CALLCENTER_AGI_PORT": str(settings.agi_port),
        "CALLCENTER_DATABASE_URL": settings.sql_url,
        "CALLCENTER_DATA_DIR": str(settings.data_dir),
    }
    server = subprocess.Popen([sys.executable, "-m", "agi_scripts"], env=environment, stderr=subprocess.DEVNULL)
    try:
        ends = time.monotonic() + 20
        while socket.socket().connect_ex((settings.agi_host, settings.agi_port)):
            if time.monotonic() > ends:
                raise SystemExit("the FastAGI server did not start")
            time.sleep(0.05)
        yield
    finally:
        server.terminate()
        server.wait(10)


def call(phone: Phone, number: str) -> tuple[float, float]:
    """Seconds from INVITE to 200, and to the end of the first packet with sound of the greeting in it."""
    leg = phone.call("12345", from_number=number)
    ends = time.monotonic() + 5
    while not (loud := np.flatnonzero(np.abs(leg.heard_since(0)) > LOUD)).size:
        if time.monotonic() > ends:
            raise SystemExit("no greeting was heard: the figures would be wrong")
        time.sleep(0.01)
    leg.hang_up()
    time.sleep(QUIET_SECONDS)
    return leg.dialog.answered_at - leg.dialog.invited_at, (int(loud[0]) + FRAME) / RATE


def show(times: dict[str, list[tuple[float, float]]]) -> None:
    print(f"{'':<18}{'INVITE to 200, ms':>26}{'INVITE to greeting, ms':>28}")
    print(f"{'':<18}{'median':>13}{'p95':>13}{'median':>15}{'p95':>13}")
    medians: dict[str, list[float]] = {}
    for arm, measured in times.items():
        cells = [sorted(column) for column in zip(*measured, strict=True)]
        medians[arm] = [statistics.median(column) for column in cells]
        p95 = [column[int(len(column) * 0.95)] for column in cells]
        row = [1000 * value for pair in zip(medians[arm], p95, strict=True) for value in pair]
        print(f"{arm:<18}{row[0]:>13.2f}{row[1]:>13.2f}{row[2]:>15.1f}{row[3]:>13.1f}")
    ratios = [a / b for a, b in zip(medians["with route_call"], medians["without AGI"], strict=True)]
    print(f"\nmedian with / without: INVITE to 200 {ratios[0]:.2f}, INVITE to greeting {ratios[1]:.2f}")


if __name__ == "__main__":
    main()
