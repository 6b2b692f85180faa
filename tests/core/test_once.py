"""Made once for all who ask at the same moment; made again when it is old, and after a failure."""

import threading
import time

import pytest

from callcenter.core.once import Once

pytestmark = pytest.mark.unit


def test_many_at_once_make_it_once() -> None:
    once, made, got = Once(1.0), [], []

    def make() -> bytes:
        made.append(1)
        time.sleep(0.1)
        return b"board"

    askers = [threading.Thread(target=lambda: got.append(once.get("today", make))) for _ in range(20)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(5)
    assert (len(made), got) == (1, [b"board"] * 20)
    assert once.get("yesterday", lambda: b"other") == b"other"


def test_what_is_old_is_made_again_counted_from_when_it_was_begun() -> None:
    once = Once(0.1)

    def slow() -> bytes:
        time.sleep(0.15)
        return b"slow"

    assert once.get("k", slow) == b"slow"
    assert once.get("k", lambda: b"new") == b"new"
    assert once.get("k", lambda: b"newer") == b"new"


def test_a_failure_is_not_kept() -> None:
    once = Once(10.0)
    with pytest.raises(ZeroDivisionError):
        once.get("k", lambda: bytes(1 // 0))
    assert once.get("k", lambda: b"fine") == b"fine"
