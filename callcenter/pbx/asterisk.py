"""Runs the unpacked Asterisk through its own loader: no installation, no chroot, no root needed."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from callcenter.core.errors import Unavailable
from callcenter.pbx import render
from callcenter.settings import Settings

BOOT_SECONDS = 60
STOP_SECONDS = 10
ANSWER_SECONDS = 10


def command(settings: Settings, *arguments: str) -> list[str]:
    """Command line of Asterisk with this installation's configuration."""
    tree = settings.asterisk_tree.absolute()
    loader = next(iter(tree.glob("usr/lib/*/ld-linux*.so.*")), None)
    if loader is None:
        raise Unavailable(f"在 {tree} 没有找到 Asterisk，请先运行 make setup。")
    libraries = loader.parent
    return [
        "env",
        f"OPENSSL_MODULES={libraries / 'ossl-modules'}",
        f"GCONV_PATH={libraries / 'gconv'}",
        str(loader),
        *("--library-path", str(libraries), "--argv0", "asterisk"),
        str(tree / "usr/sbin/asterisk"),
        *("-C", str(render.home(settings) / "etc" / "asterisk.conf")),
        *arguments,
    ]


def rx(settings: Settings, text: str) -> str:
    """Answer of the running Asterisk to one console command."""
    done = subprocess.run(
        command(settings, "-rx", text), capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False
    )
    if done.returncode:
        raise Unavailable(f"Asterisk 没有应答：{(done.stdout + done.stderr).strip()}")
    return done.stdout


def run(settings: Settings) -> NoReturn:
    """Become Asterisk, in the foreground: SIGTERM stops it cleanly."""
    render.prepare(settings)
    line = command(settings, "-f")
    os.execvp(line[0], line)


@contextmanager
def running(settings: Settings) -> Iterator["subprocess.Popen[bytes]"]:
    """An Asterisk that is fully booted inside the block and gone after it."""
    render.prepare(settings)
    console = render.home(settings) / "log" / "console.log"
    with console.open("wb") as log:
        process = subprocess.Popen(
            command(settings, "-f"), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=render.home(settings)
        )
    try:
        _wait_until_booted(settings, process, console)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_booted(settings: Settings, process: "subprocess.Popen[bytes]", console: Path) -> None:
    deadline = time.monotonic() + BOOT_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if "fully booted" in rx(settings, "core waitfullybooted"):
                return
        except (Unavailable, subprocess.TimeoutExpired):
            time.sleep(0.05)
    raise Unavailable(f"Asterisk 没有启动：{console.read_text(errors='replace')[-2000:]}")
