"""The machine itself: root, Python, disk space, and the packages of its own package source."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from install.errors import SetupError
from install.places import Places
from install.shell import no_space, run

OLDEST_PYTHON = (3, 11)
WANTED_BYTES = 4 << 30
"""For a whole set-up; what is there already needs no more."""
# Present with its tool, whichever package brought it.
TOOLS = {
    "mmdebstrap": "mmdebstrap",
    "redis-server": "redis-server",
    "sox": "sox",
    "espeak-ng": "espeak-ng",
    "util-linux": "setpriv",
    "git": "git",
    "sip-tester": "sipp",
    "docker-compose": "docker-compose",
}


def check_python() -> None:
    """The interpreter that runs this becomes the one of `.venv`."""
    if sys.version_info < OLDEST_PYTHON:
        raise SetupError(
            f"Python 版本太旧（{sys.version.split()[0]}），需要 3.11 或更高。",
            "安装较新的 Python，再用 make PYTHON=/路径/python3.12 指定它",
            "Python 3.11 or newer is needed; pass it as make PYTHON=...",
        )


def check_disk(places: Places) -> None:
    """Only a set-up that has still to unpack things needs the space."""
    folder = places.data
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < WANTED_BYTES and not places.models.exists():
        raise no_space(f"磁盘空间不足：{folder} 只剩 {free / (1 << 30):.1f} GB，首次安装需要 4 GB")


def wanted_packages(places: Places, profile: str) -> list[str]:
    """Packages of the profile in `requirements/system.txt`; `test` needs those of `run` too."""
    packages: dict[str, list[str]] = {}
    section = ""
    for line in (places.requirements / "system.txt").read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("["):
            section = text.strip("[]")
        elif text:
            packages.setdefault(section, []).append(text)
    return packages["run"] + (packages["test"] if profile == "test" else [])


def missing_packages(places: Places, profile: str) -> list[str]:
    """Those not on the machine."""
    packages = [name for name in wanted_packages(places, profile) if not _has_tool(name)]
    if not packages:
        return []
    query = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *packages]
    listed = subprocess.run(query, capture_output=True, text=True, check=False).stdout.splitlines()
    installed = {name for name, status in (line.split() for line in listed) if status == "installed"}
    return [name for name in packages if name not in installed]


def install_packages(places: Places, profile: str) -> None:
    """Ask apt for what is missing; needs root."""
    missing = missing_packages(places, profile)
    if os.geteuid() != 0:
        raise SetupError(
            f"缺少系统软件包：{' '.join(missing)}，安装它们需要 root。",
            f"用 root 再运行一次，或请管理员执行：apt-get install {' '.join(missing)}",
            "root is needed to install the missing Debian packages named above",
        )
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update"], log=places.log, timeout=600, env=quiet)
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    run(command, log=places.log, timeout=1800, env=quiet)


def _has_tool(package: str) -> bool:
    return package in TOOLS and shutil.which(TOOLS[package]) is not None
