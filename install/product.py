"""What the project makes for itself once its environment stands: prompts, what the rules learn, the database."""

from __future__ import annotations

import hashlib
from pathlib import Path

from install.places import Places
from install.shell import run


def prompts_present(places: Places) -> bool:
    """Were the sounds made from the texts as they are now?"""
    stamp = places.data / "prompts" / ".made-from"
    return stamp.is_file() and stamp.read_text() == _texts(places)


def make_prompts(places: Places) -> None:
    run([places.python, "-m", "voice", "prompts"], log=places.log, timeout=1800, cwd=places.root)
    (places.data / "prompts" / ".made-from").write_text(_texts(places))


def rules_learned(places: Places) -> bool:
    """Was everything learned from the labelled sentences as they are now?"""
    stamp = _learned_from(places)
    return stamp.is_file() and stamp.read_text() == _sentences(places)


def learn_rules(places: Places) -> None:
    run([places.venv / "bin" / "callcenter", "rules", "check"], log=places.log, timeout=600, cwd=places.root)
    stamp = _learned_from(places)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(_sentences(places))


def migrate(places: Places) -> None:
    run([places.venv / "bin" / "callcenter", "migrate"], log=places.log, timeout=300, cwd=places.root)


def _texts(places: Places) -> str:
    return _hashes(places.root / "dialplan" / "sounds" / "zh")


def _learned_from(places: Places) -> Path:
    return places.root / "var" / "learned" / ".made-from"


def _sentences(places: Places) -> str:
    return "\n".join(_hashes(places.root / folder) for folder in ("routing_rules", "callcenter/routing"))


def _hashes(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    seen = [f"{path.relative_to(folder)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]
    return "\n".join(seen)
