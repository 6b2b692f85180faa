"""Starting and stopping Asterisk: with the static files alone, as the supervisor does, without root, without noise."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.core.errors import Unavailable
from callcenter.pbx import asterisk, render
from callcenter.settings import PROJECT_ROOT

from .conftest import Line, make_settings

pytestmark = pytest.mark.pbx

# Asterisk's own remarks on a set-up that is right.
HARMLESS = re.compile(r"stir_shaken|minimum_size|Connecting to|FastAGI failed|AudioSocket")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Readable for an ordinary user too, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="line-") as name:
        Path(name).chmod(0o777)
        yield Path(name)


def complaints(data_dir: Path) -> list[str]:
    lines = (data_dir / "asterisk/log/messages.log").read_text().splitlines()
    return [line for line in lines if re.search("WARNING|ERROR", line) and not HARMLESS.search(line)]


def test_starts_without_a_complaint(folder: Path) -> None:
    with asterisk.running(make_settings(folder)):
        pass
    assert complaints(folder) == []


def test_the_static_files_alone_are_a_valid_configuration(folder: Path) -> None:
    """As a production image mounts them: no local/ at all. Only what an installation must give is missing."""
    settings = make_settings(folder)
    render.prepare(settings)
    shutil.rmtree(folder / "asterisk/etc/local")
    process = subprocess.Popen(asterisk.command(settings, "-f"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        ends = time.monotonic() + 20
        while True:
            try:
                assert "fully booted" in asterisk.rx(settings, "core waitfullybooted")
                break
            except Unavailable:
                assert time.monotonic() < ends
                time.sleep(0.1)
        assert "q12345" in asterisk.rx(settings, "queue show")
        assert "trunk" in asterisk.rx(settings, "pjsip show endpoints")
    finally:
        process.terminate()
        process.wait(10)


def test_settings_are_in_force(line: Line) -> None:
    assert f"{line.settings.sip_host}:{line.settings.sip_port}" in line.rx("pjsip show transports")
    assert line.settings.trunk_peer in line.rx("pjsip show contacts")
    assert str(line.settings.recordings_dir) in line.rx("dialplan show globals")
    assert line.settings.ami_user in line.rx("manager show users")


def test_runs_as_an_ordinary_user(folder: Path) -> None:
    if os.geteuid():
        pytest.skip("already an ordinary user")
    nobody = pwd.getpwnam("nobody")
    settings = make_settings(folder)
    render.prepare(settings)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    process = subprocess.Popen(
        asterisk.command(settings, "-f"),
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        ends = time.monotonic() + 20
        while process.poll() is None and not (folder / "asterisk/run/asterisk.ctl").exists():
            assert time.monotonic() < ends
            time.sleep(0.1)
        assert "fully booted" in asterisk.rx(settings, "core waitfullybooted")
    finally:
        process.terminate()
        process.wait(10)


def test_as_a_role_it_ends_cleanly_on_sigterm(folder: Path) -> None:
    settings = make_settings(folder)
    environment = os.environ | {
        f"CALLCENTER_{name.upper()}": str(getattr(settings, name))
        for name in ("data_dir", "asterisk_root", "sip_port", "ami_port", "ari_port")
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "callcenter", "asterisk"],
        env=environment,
        cwd=PROJECT_ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        ends = time.monotonic() + 20
        while process.poll() is None:
            try:
                if "fully booted" in asterisk.rx(settings, "core waitfullybooted"):
                    break
            except Unavailable:
                assert time.monotonic() < ends
                time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()


def test_a_tree_that_is_not_there_is_said(folder: Path) -> None:
    with pytest.raises(Unavailable, match="make setup"):
        asterisk.command(make_settings(folder, asterisk_root=folder / "none"))
