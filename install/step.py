"""What a step of the set-up is, and the runner that does only what is not done yet."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TextIO


@dataclass(frozen=True)
class Step:
    """One thing the machine needs; `done` looks at the machine itself, so an interrupted set-up resumes."""

    name: str
    title: str
    done: Callable[[], bool]
    do: Callable[[], None]


def run_steps(steps: Sequence[Step], out: TextIO = sys.stdout) -> None:
    """Do what is missing, in order, with one line and its time for each step."""
    began = time.monotonic()
    for number, step in enumerate(steps, 1):
        out.write(f"[{number}/{len(steps)}] {step.title} … ")
        out.flush()
        start = time.monotonic()
        verdict = "失败"
        try:
            if step.done():
                verdict = "已就绪"
            else:
                step.do()
                verdict = "完成"
        finally:
            out.write(f"{verdict} {time.monotonic() - start:.1f} s\n")
            out.flush()
    out.write(f"环境就绪，共 {time.monotonic() - began:.1f} s\n")
