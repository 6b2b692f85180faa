"""What the project makes for itself once its environment stands: the sounds of the prompts and the database."""

from __future__ import annotations

import hashlib

from install.places import Places
from install.shell import run


def prompts_present(places: Places) -> bool:
    """Were the sounds made from the texts as they are now?"""
    stamp = places.data / "prompts" / ".made-from"
    return stamp.is_file() and stamp.read_text() == _texts(places)


def make_prompts(places: Places) -> None:
    run([places.python, "-m", "voice", "prompts"], log=places.log, timeout=1800, cwd=places.root)
    (places.data / "prompts" / ".made-from").write_text(_texts(places))


def migrate(places: Places) -> None:
    run([places.venv / "bin" / "callcenter", "migrate"], log=places.log, timeout=300, cwd=places.root)


def _texts(places: Places) -> str:
    folder = places.root / "dialplan" / "sounds" / "zh"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    seen = [f"{path.relative_to(folder)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]
    return "\n".join(seen)
