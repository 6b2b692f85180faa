"""The rules in use: follows the files, and keeps the last good set while somebody is editing them."""

import threading
import time
from pathlib import Path

from callcenter.core.errors import Unavailable
from callcenter.routing.documents import Problem, RuleSetError
from callcenter.routing.loader import RuleSet, folder_hash, load, rule_files

LOOK_SECONDS = 1.0


class RuleBook:
    """A broken edit never replaces a good set; its faults are kept to be shown."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self._rules: RuleSet | None = None
        self._stamp: tuple[object, ...] = ()
        self._look_at = 0.0
        self._lock = threading.Lock()

    @property
    def version(self) -> str:
        """The version in use; empty before a first good set."""
        return self._rules.version if self._rules else ""

    def current(self) -> RuleSet:
        """The last good rules, after taking in changed files; only one thread pays for the reading."""
        if time.monotonic() >= self._look_at or self._rules is None:
            self._look_at = time.monotonic() + LOOK_SECONDS
            # Before the first good set everybody waits for whoever reads it.
            is_new = self._rules is None or self._read_stamp() != self._stamp
            if is_new and self._lock.acquire(blocking=self._rules is None):
                try:
                    self._read()
                finally:
                    self._lock.release()
        if self._rules is None:
            first = str(self.problems[0]) if self.problems else "没有规则文件"
            raise Unavailable(f"规则还不能用：{first}。请运行 callcenter rules check 查看并改正。")
        return self._rules

    def reload(self) -> None:
        """Read the folder now."""
        with self._lock:
            self._stamp = ()
            self._read()

    def _read(self) -> None:
        stamp = self._read_stamp()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            if self._rules is None or folder_hash(self.folder) != self._rules.version:
                self._rules = load(self.folder)
            self.problems = []
        except RuleSetError as error:
            self.problems = error.problems
        except OSError as error:
            self.problems = [Problem(str(error.filename), 0, f"无法读取：{error.strerror}")]

    def _read_stamp(self) -> tuple[object, ...]:
        stamps: list[object] = []
        for file in rule_files(self.folder):
            try:
                stat = file.stat()
            except OSError:
                continue
            stamps.append((str(file), stat.st_mtime_ns, stat.st_size))
        return tuple(stamps)
