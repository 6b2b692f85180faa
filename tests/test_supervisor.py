"""Parts start in order, come back when they die, and leave nothing behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from callcenter.supervisor import Part, StartFailed, Supervisor

pytestmark = pytest.mark.run


def part(name: str, folder: Path, *, body: str = "time.sleep(60)", start_seconds: float = 10) -> Part:
    """A process that writes its pid to a file and then does `body`."""
    ready = folder / f"{name}.pid"
    code = (
        f"import os, pathlib, subprocess, sys, time; pathlib.Path({str(ready)!r}).write_text(str(os.getpid())); {body}"
    )
    return Part(name, name, [sys.executable, "-c", code], "", ready.exists, start_seconds=start_seconds)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(condition: Callable[[], bool], seconds: float = 15) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.05)


def run_until(supervisor: Supervisor, then: Callable[[], None]) -> None:
    """Run in this (main) thread; `then` runs beside it and ends it."""

    def play() -> None:
        try:
            then()
        finally:
            supervisor.stop()

    player = threading.Thread(target=play)
    supervisor.run(when_ready=player.start)
    player.join()


def test_parts_start_in_order_and_all_end(tmp_path: Path) -> None:
    said: list[str] = []
    parts = [part("first", tmp_path), part("second", tmp_path)]
    pids: list[int] = []

    def look() -> None:
        pids.extend(int((tmp_path / f"{name}.pid").read_text()) for name in ("first", "second"))

    run_until(Supervisor(parts, log_dir=tmp_path / "log", say=said.append), look)
    assert [line.split()[1] for line in said[:2]] == ["first", "second"]
    assert not any(is_alive(pid) for pid in pids)


def test_a_part_that_dies_is_started_again(tmp_path: Path) -> None:
    file = tmp_path / "mortal.pid"
    seen: list[int] = []

    def kill_it() -> None:
        seen.append(int(file.read_text()))
        os.kill(seen[0], signal.SIGKILL)
        wait_until(lambda: file.read_text() not in ("", str(seen[0])))
        seen.append(int(file.read_text()))

    run_until(Supervisor([part("mortal", tmp_path)], log_dir=tmp_path / "log"), kill_it)
    assert seen[0] != seen[1]
    assert not is_alive(seen[1])


def test_a_part_that_never_becomes_healthy_stops_the_start_and_says_where_to_look(tmp_path: Path) -> None:
    first = part("first", tmp_path)
    sick = Part("sick", "病号", [sys.executable, "-c", "print('why'); raise SystemExit(3)"], "", lambda: False)
    with pytest.raises(StartFailed, match=r"病号启动后退出.状态 3.*sick\.log"):
        Supervisor([first, sick], log_dir=tmp_path / "log").run()
    assert not is_alive(int((tmp_path / "first.pid").read_text()))
    assert "why" in (tmp_path / "log" / "sick.log").read_text()


def test_a_grandchild_is_not_orphaned(tmp_path: Path) -> None:
    grandchild = tmp_path / "grandchild.pid"
    body = (
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
        f"pathlib.Path({str(grandchild)!r}).write_text(str(child.pid)); time.sleep(60)"
    )
    run_until(
        Supervisor([part("parent", tmp_path, body=body)], log_dir=tmp_path / "log"),
        lambda: wait_until(grandchild.exists),
    )
    wait_until(lambda: not is_alive(int(grandchild.read_text())))


def test_the_parts_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    file = tmp_path / "orphan.pid"
    body = f"import os, pathlib, time; pathlib.Path({str(file)!r}).write_text(str(os.getpid())); time.sleep(60)"
    code = f"""
import sys
from pathlib import Path
from callcenter.supervisor import Part, Supervisor
part = Part("p", "p", [sys.executable, "-c", {body!r}], "", Path({str(file)!r}).exists)
Supervisor([part], log_dir=Path({str(tmp_path)!r})).run()
"""
    supervisor = subprocess.Popen([sys.executable, "-c", code])
    wait_until(lambda: file.exists() and file.read_text() != "")
    supervisor.kill()
    supervisor.wait()
    wait_until(lambda: not is_alive(int(file.read_text())))


def test_a_part_that_may_wait_yields_to_the_others(tmp_path: Path) -> None:
    background = replace(part("background", tmp_path), niceness=7)
    seen: list[int] = []
    supervisor = Supervisor([background], log_dir=tmp_path)

    def look() -> None:
        pid = int((tmp_path / "background.pid").read_text())
        seen.append(os.getpriority(os.PRIO_PROCESS, pid))

    run_until(supervisor, look)
    assert seen == [7]
