"""The Python environment: `.venv`, exactly the pinned packages, and the project itself in editable form."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys

from install.places import Places
from install.shell import run


def present(places: Places) -> bool:
    """Does `.venv` hold what is pinned now?"""
    stamp = places.venv / ".requirements"
    return (places.venv / "bin" / "callcenter").exists() and stamp.is_file() and stamp.read_text() == _stamp(places)


def install(places: Places) -> None:
    """uv installs the pinned packages many times faster than pip, with the same check of every hash."""
    if not (places.venv / "bin" / "pip").exists():
        shutil.rmtree(places.venv, ignore_errors=True)
        run([sys.executable, "-m", "venv", places.venv], log=places.log, timeout=300)
    uv = places.venv / "bin" / "uv"
    pip = [places.python, "-m", "pip", "--disable-pip-version-check", "install", "-q", "--require-hashes"]
    run([*pip, "-r", places.requirements / "uv.txt"], log=places.log, timeout=600)
    target = ["pip", "install", "--python", places.python]
    source = _package_source(places)
    locked = places.requirements / "all.txt"
    run([uv, *target, "--require-hashes", "-r", locked], log=places.log, timeout=1800, env=source)
    editable = ["--no-deps", "--no-build-isolation", "-e", places.root]
    run([uv, *target, *editable], log=places.log, timeout=300, env=source)
    (places.venv / ".requirements").write_text(_stamp(places))


def _package_source(places: Places) -> dict[str, str]:
    """uv does not read pip's configuration: a mirror or certificate set there is passed on."""
    names = {"global.index-url": "UV_DEFAULT_INDEX", "global.cert": "SSL_CERT_FILE"}
    found = {}
    for key, name in names.items():
        asked = [places.python, "-m", "pip", "config", "get", key]
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
        if answer.returncode == 0 and answer.stdout.strip():
            found[name] = answer.stdout.strip()
    return found


def _stamp(places: Places) -> str:
    pinned = [places.requirements / "all.txt", places.requirements / "uv.txt", places.root / "pyproject.toml"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in pinned)).hexdigest()
    return f"{sys.version} {digest}"
