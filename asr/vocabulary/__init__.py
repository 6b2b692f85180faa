"""Domain terms, and repair of recognised text by their sound."""

from __future__ import annotations

from pathlib import Path

from asr.protocol import Correction as Correction


def load_repair(folder: Path):  # type: ignore
    return (lambda text: (text, [])), "none"
