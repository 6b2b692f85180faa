"""The running hotline: started as its operator would, with `callcenter run`, and stopped with a signal."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

READY = "热线已就绪"
START_SECONDS = 120
STOP_SECONDS = 60


class Hotline:
    """A child process; what it says is passed on to the screen."""

    def __init__(self, *, environment: Mapping[str, str] | None = None) -> None:
        self._environment = {**os.environ, **(environment or {}), "PYTHONUNBUFFERED": "1"}
        self._callcenter = str(Path(sys.executable).parent / "callcenter")
        self._process: subprocess.Popen[str] | None = None
        self._settled = threading.Event()  # ready, or ended before it was
        self._is_ready = False

    def start(self) -> bool:
        """True once everything is healthy; False when it ended instead (it has said why)."""
        self._process = subprocess.Popen(
            [self._callcenter, "run"],
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment,
            start_new_session=True,
        )
        threading.Thread(target=self._pass_on, args=(self._process,), daemon=True).start()
        return self._settled.wait(START_SECONDS) and self._is_ready

    def _pass_on(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            if READY in line:
                self._is_ready = True
                self._settled.set()
        self._settled.set()

    @property
    def pid(self) -> int:
        """Of the process that supervises all others."""
        assert self._process is not None
        return self._process.pid

    def accounts(self) -> dict[str, str]:
        """Make the demo accounts; username → password."""
        made = subprocess.run(
            [self._callcenter, "seed", "--demo", "--json"],
            check=True,
            capture_output=True,
            text=True,
            env=self._environment,
        )
        return dict(json.loads(made.stdout))

    def wait(self) -> None:
        """Until it ends by itself (or Ctrl-C)."""
        if self._process:
            self._process.wait()

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(STOP_SECONDS)
