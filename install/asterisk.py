"""Asterisk 22 in a folder of its own: unpacked from Debian, never installed into the machine."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from install.errors import SetupError
from install.places import Places
from install.shell import run

SUITE = "forky"
"""The Debian release that carries Asterisk 22; bookworm and trixie carry none."""
MAJOR = "22"


def present(places: Places) -> bool:
    return version(places.asterisk_root).startswith(f"Asterisk {MAJOR}.")


def version(tree: Path) -> str:
    """What the unpacked Asterisk says of itself; empty when it cannot be run."""
    loader = next(iter(tree.glob("usr/lib/*/ld-linux*.so.*")), None)
    if loader is None:
        return ""
    command = [loader, "--library-path", loader.parent, tree / "usr/sbin/asterisk", "-V"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def install(places: Places) -> None:
    """Fetch the tree once into the cache, unpack it, and see that it runs."""
    archive = places.downloads / f"asterisk-{SUITE}.tar"
    if not archive.is_file():
        _fetch(archive, places)
    building = places.asterisk_root.with_name("root.building")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    run(["tar", "-C", building, "-xf", archive, "--exclude=./dev/*"], log=places.log, timeout=300)
    if not version(building).startswith(f"Asterisk {MAJOR}."):
        archive.unlink()
        raise SetupError(
            f"软件源里的 Asterisk 不是 {MAJOR} 版，或无法运行。",
            f"再运行一次；若仍如此，请把 apt 的软件源换成带 {SUITE} 的 Debian 镜像；详见 {places.log}",
            f"the unpacked Asterisk is not version {MAJOR} or does not run",
        )
    shutil.rmtree(places.asterisk_root, ignore_errors=True)
    building.rename(places.asterisk_root)


def _fetch(archive: Path, places: Places) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    partial = archive.with_suffix(".partial.tar")
    options = [
        "--variant=extract",
        '--aptopt=Acquire::Check-Valid-Until "false"',
        '--aptopt=APT::Install-Recommends "false"',
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        "--include=asterisk",
    ]
    run(["mmdebstrap", *options, SUITE, partial, mirror()], log=places.log, timeout=1800)
    partial.rename(archive)


def mirror() -> str:
    """Address of a Debian mirror, from the machine's own apt configuration."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    listed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout.split()
    return choose_mirror(listed)


def choose_mirror(addresses: Sequence[str]) -> str:
    """The first main archive among the repositories apt knows; security and backports have no other releases."""
    for address in addresses:
        if urlsplit(address).path.rstrip("/").endswith("/debian"):
            return address.rstrip("/")
    raise SetupError(
        "在本机的 apt 配置里没有找到 Debian 软件源，无法取得 Asterisk 22。",
        "在 /etc/apt 里加入一个 Debian 镜像（路径以 /debian 结尾）并运行 apt-get update，然后再试",
        "no Debian mirror in this machine's apt configuration",
    )
