"""The drop folder that a gateway carries across the border: whole files, each with a receipt of its name.

`out/` our slips, `out-receipts/` what 110 says of them, `in/` slips of 110, `in-receipts/` what we say of those, `bad/`
what nobody could read. Who writes, stages in `staging/` and renames: a file that is there is complete.
"""

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from callcenter.core.log import get_logger

log = get_logger(__name__)

KEY = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")
SETTLE_SECONDS = 60.0
"""A file that cannot be read may still be being written by somebody who does not rename; after this it is bad."""


class Folder:
    """One drop folder, made on first use."""

    def __init__(self, path: Path) -> None:
        self._path = path
        for name in ("staging", "out", "out-receipts", "in", "in-receipts", "bad"):
            (path / name).mkdir(parents=True, exist_ok=True)

    def stage(self, key: str, text: str) -> None:
        """The slip on disk, where the gateway does not look yet."""
        self._write(self._path / "staging" / f"{key}.json", text)

    def release(self, key: str) -> None:
        """Into the gateway's hands. No longer staged means that this was done before: it is never put out twice."""
        staged = self._path / "staging" / f"{key}.json"
        if staged.exists():
            staged.rename(self._path / "out" / staged.name)
            _sync(self._path / "out")

    def answer(self, key: str, said: dict[str, Any]) -> None:
        """Our receipt for a slip of 110."""
        staged = self._path / "staging" / f"receipt-{key}.json"
        self._write(staged, json.dumps(said, ensure_ascii=False))
        staged.rename(self._path / "in-receipts" / f"{key}.json")
        _sync(self._path / "in-receipts")

    def receipts(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """What 110 says of our slips."""
        return self._read("out-receipts")

    def incoming(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Slips of 110, oldest first."""
        return self._read("in")

    def reject(self, file: Path, why: str) -> None:
        """Put aside for a person."""
        log.error("file of 110 not understood, put aside", file=file.name, error=why)
        file.rename(self._path / "bad" / file.name)

    def _read(self, name: str) -> Iterator[tuple[Path, dict[str, Any]]]:
        for file in sorted((self._path / name).glob("*.json"), key=lambda found: (found.stat().st_mtime, found.name)):
            try:
                said = json.loads(file.read_text(encoding="utf-8"))
                if not isinstance(said, dict) or said.get("key") != file.stem or not KEY.fullmatch(file.stem):
                    raise ValueError("key")
            except (ValueError, OSError) as error:
                if file.exists() and time.time() - file.stat().st_mtime > SETTLE_SECONDS:
                    self.reject(file, str(error))
                continue
            yield file, said

    @staticmethod
    def _write(target: Path, text: str) -> None:
        part = target.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
        _sync(target.parent)


def _sync(folder: Path) -> None:
    """The name of a file is on disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
