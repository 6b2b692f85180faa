"""Something costly that many ask for at the same moment is made once and given to all."""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field


@dataclass
class _Kept:
    lock: threading.Lock = field(default_factory=threading.Lock)
    made_at: float = float("-inf")
    content: bytes = b""


class Once:
    """Keeps what was made for `seconds`; whoever asks while it is being made waits for it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._kept: dict[Hashable, _Kept] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        with self._lock:
            self._forget_old()
            kept = self._kept.setdefault(key, _Kept())
        with kept.lock:
            began = time.monotonic()
            if began - kept.made_at >= self.seconds:
                kept.content = make()
                kept.made_at = began  # what happened while it was made may be missing
            return kept.content

    def _forget_old(self) -> None:
        oldest = time.monotonic() - self.seconds - 60
        for key in [key for key, kept in self._kept.items() if kept.content and kept.made_at < oldest]:
            del self._kept[key]
