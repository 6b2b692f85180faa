"""Starts the parts of the hotline, waits until each is healthy, restarts what dies, stops all in reverse."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.core.errors import HotlineError

STOP_SECONDS = 10
"""A part that has not ended by then after SIGTERM is killed."""
FIRST_BACKOFF_SECONDS = 1.0
LONGEST_BACKOFF_SECONDS = 30.0
STEADY_SECONDS = 60
"""A part that ran this long starts again without delay."""
POLL_SECONDS = 0.1

# The kernel ends a part with its supervisor, even when that is killed without warning.
_DIE_WITH_SUPERVISOR = ("setpriv", "--pdeathsig", "KILL", "--")


class StartFailed(HotlineError):
    """A part did not become healthy; the hotline is stopped again."""

    status, code = 503, "start_failed"


@dataclass(frozen=True)
class Part:
    """One process of the hotline."""

    name: str
    title: str
    """What people call it, in Chinese."""
    command: Sequence[str]
    listens: str
    """Where it listens, for the table; empty when nowhere."""
    healthy: Callable[[], bool]
    start_seconds: float = 60
    niceness: int = 0
    """-20 to 19 as in nice(1): who goes first where the processor is short. Below 0 needs root, else it stays 0."""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Running:
    part: Part
    process: subprocess.Popen[bytes]
    started: float
    failures: int = 0
    restart_at: float | None = None


class Supervisor:
    """Runs parts until told to stop. One instance per process: it takes SIGINT and SIGTERM."""

    def __init__(self, parts: Sequence[Part], *, log_dir: Path, say: Callable[[str], None] = print) -> None:
        self._parts = parts
        self._log_dir = log_dir
        self._say = say
        self._running: list[_Running] = []
        self._stop = threading.Event()

    def run(self, when_ready: Callable[[], None] = lambda: None) -> None:
        """Start everything, call `when_ready`, watch until SIGINT, SIGTERM or `stop()`, stop everything."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stop())
        self._log_dir.mkdir(parents=True, exist_ok=True)
        try:
            # All at once: each waits by itself for what it needs, and the machine has more than one core.
            self._running = [_Running(part, self._spawn(part), time.monotonic()) for part in self._parts]
            for running in self._running:
                self._wait_until_healthy(running)
                if self._stop.is_set():
                    return
            when_ready()
            self._watch()
        finally:
            self._stop_all()

    def stop(self) -> None:
        self._stop.set()

    def _wait_until_healthy(self, running: _Running) -> None:
        part, began = running.part, running.started
        while not part.healthy():
            if self._stop.wait(POLL_SECONDS):
                return
            code = running.process.poll()
            if code is not None:
                raise StartFailed(f"{part.title}启动后退出（状态 {code}）。{self._log_hint(part)}")
            if time.monotonic() - began > part.start_seconds:
                raise StartFailed(f"{part.title}在 {part.start_seconds:.0f} 秒内没有就绪。{self._log_hint(part)}")
        self._say(f"  ✓ {part.title}  {time.monotonic() - began:.1f} 秒  {part.listens}")

    def _spawn(self, part: Part) -> subprocess.Popen[bytes]:
        with self._log_file(part).open("ab") as log:
            process = subprocess.Popen(
                [*_DIE_WITH_SUPERVISOR, *part.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **part.environment},
                start_new_session=True,  # Ctrl-C reaches the supervisor only, which passes it on in order
            )
        _set_niceness(process.pid, part.niceness)
        return process

    def _watch(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            for running in self._running:
                self._look_after(running)

    def _look_after(self, running: _Running) -> None:
        part, present = running.part, time.monotonic()
        if running.restart_at is not None:
            if present >= running.restart_at:
                running.process, running.started, running.restart_at = self._spawn(part), present, None
                self._say(f"  ↻ 已重新启动{part.title}（进程 {running.process.pid}）")
        elif (code := running.process.poll()) is not None:
            running.failures = 1 if present - running.started > STEADY_SECONDS else running.failures + 1
            delay = min(FIRST_BACKOFF_SECONDS * 2 ** (running.failures - 1), LONGEST_BACKOFF_SECONDS)
            running.restart_at = present + delay
            self._say(f"  ✗ {part.title}意外退出（状态 {code}），{delay:.0f} 秒后重新启动。{self._log_hint(part)}")

    def _stop_all(self) -> None:
        for running in reversed(self._running):
            process = running.process
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    self._say(f"  ! {running.part.title}没有按时停止，已强制结束")
            _end_group(process)
        if self._running:
            self._say("  热线已全部停止。")
        self._running.clear()

    def _log_file(self, part: Part) -> Path:
        return self._log_dir / f"{part.name}.log"

    def _log_hint(self, part: Part) -> str:
        return f"详情见 {self._log_file(part)}"


def _set_niceness(pid: int, niceness: int) -> None:
    """Of the process, and of its session: where the kernel shares out by sessions, theirs alone counts (sched(7))."""
    if niceness == 0:
        return
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, niceness)
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(niceness))


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Whatever a part started and left behind ends with it: each part leads a process group of its own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait(STOP_SECONDS)


def own_python(*arguments: str) -> list[str]:
    """Command that runs our own code with this interpreter."""
    return [sys.executable, *arguments]
