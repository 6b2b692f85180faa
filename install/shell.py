"""Runs outside commands: always with a time limit, output kept in the set-up's log."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from install.errors import SetupError

# What apt, pip, uv, npm and mmdebstrap say when they cannot reach their source.
NO_NETWORK = (
    "Temporary failure resolving",
    "Could not resolve",
    "Failed to fetch",
    "Unable to fetch some archives",
    "Could not connect",
    "Connection refused",
    "Network is unreachable",
    "NewConnectionError",
    "No matching distribution found",
    "error sending request",
    "dns error",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ETIMEDOUT",
)
NO_SPACE = ("No space left on device", "ENOSPC")


def run(
    command: Sequence[str | Path],
    *,
    log: Path,
    timeout: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> None:
    """Run a command to its end; a `SetupError` says in a sentence why it failed."""
    log.parent.mkdir(parents=True, exist_ok=True)
    words = [str(word) for word in command]
    with log.open("a", encoding="utf-8") as out:
        out.write(f"\n$ {' '.join(words)}\n")
        out.flush()
        start = out.tell()
        status = _wait(words, out, timeout, {**os.environ, **(env or {})}, cwd)
    if status != 0:
        raise explain(words[0], status, log.read_bytes()[start:].decode("utf-8", "replace"), log)


def _wait(words: list[str], out: IO[str], timeout: float, env: Mapping[str, str], cwd: Path | None) -> int | None:
    """Exit status, or None when the time was up (the whole process group is ended then)."""
    with subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=cwd,
        start_new_session=True,
    ) as process:
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            raise


def explain(program: str, status: int | None, output: str, log: Path) -> SetupError:
    """Turn a failed command into a sentence and a remedy."""
    name = Path(program).name
    if any(sign in output for sign in NO_SPACE):
        return no_space(f"{name} 写到一半磁盘满了")
    if status is None or any(sign in output for sign in NO_NETWORK):
        return SetupError(
            f"{name} 下载失败：连不上软件源，或等得太久。",
            f"检查网络、代理和软件源设置后再运行一次同样的命令，已完成的步骤不会重做；详见 {log}",
            f"{name} could not reach its package source; check network, proxy and mirror, then run again",
        )
    last = next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "")
    return SetupError(
        f"{name} 失败（状态 {status}）：{last[:200]}",
        f"查看 {log} 末尾的完整输出，排除后再运行一次同样的命令",
        f"{name} failed with status {status}; its output is at the end of {log}",
    )


def no_space(problem: str) -> SetupError:
    """The disk is, or would be, full."""
    return SetupError(
        f"{problem}。",
        "腾出至少 4 GB 空间（或用 CALLCENTER_DATA_DIR、XDG_CACHE_HOME 指到别的磁盘）后再运行",
        "not enough disk space; free 4 GB or move CALLCENTER_DATA_DIR and XDG_CACHE_HOME elsewhere",
    )
