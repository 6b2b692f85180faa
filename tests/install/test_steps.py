"""The set-up does only what is missing, and says in a sentence what stops it."""

import io
from pathlib import Path

import pytest

from install import asterisk, models, product, shell, system
from install.__main__ import main
from install.errors import SetupError
from install.places import Places
from install.step import Step, run_steps

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(root=ROOT, data=tmp_path / "var", cache=tmp_path / "cache")


def test_a_step_that_is_done_is_not_done_again_and_a_failure_stops_the_rest() -> None:
    did: list[str] = []

    def fail() -> None:
        raise SetupError("坏了", "修好", "broken")

    steps = [
        Step("a", "甲", lambda: True, lambda: did.append("a")),
        Step("b", "乙", lambda: False, lambda: did.append("b")),
        Step("c", "丙", lambda: False, fail),
        Step("d", "丁", lambda: False, lambda: did.append("d")),
    ]
    out = io.StringIO()
    with pytest.raises(SetupError):
        run_steps(steps, out)
    assert did == ["b"]
    lines = out.getvalue().splitlines()
    assert [line.split("… ")[1].split()[0] for line in lines] == ["已就绪", "完成", "失败"]


@pytest.mark.parametrize(
    ("addresses", "chosen"),
    [
        (["http://a.example/debian-security/", "http://b.example/debian/"], "http://b.example/debian"),
        (["https://m.example/mirror/debian"], "https://m.example/mirror/debian"),
    ],
)
def test_the_mirror_is_the_machines_own(addresses: list[str], chosen: str) -> None:
    assert asterisk.choose_mirror(addresses) == chosen


@pytest.mark.parametrize("addresses", [[], ["http://a.example/ubuntu/"]])
def test_without_a_debian_mirror_the_remedy_is_said(addresses: list[str]) -> None:
    with pytest.raises(SetupError, match="Debian 软件源"):
        asterisk.choose_mirror(addresses)


def test_an_empty_folder_holds_no_asterisk_no_models_no_prompts(places: Places) -> None:
    assert not asterisk.present(places)
    assert not models.present(places, "run")
    assert not product.prompts_present(places)


def test_packages_of_the_tests_are_not_asked_of_the_demo(places: Places) -> None:
    assert "sip-tester" not in system.wanted_packages(places, "run")
    assert set(system.wanted_packages(places, "run")) < set(system.wanted_packages(places, "test"))


def test_without_root_the_missing_packages_are_named(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "missing_packages", lambda *_: ["sox"])
    monkeypatch.setattr(system.os, "geteuid", lambda: 1000)
    with pytest.raises(SetupError, match="sox") as caught:
        system.install_packages(places, "run")
    assert "apt-get install sox" in caught.value.remedy


def test_a_full_disk_is_said_before_anything_is_done(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1 << 20})())
    with pytest.raises(SetupError, match="磁盘空间不足"):
        system.check_disk(places)


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("E: Failed to fetch something  Could not resolve 'x'", "连不上软件源"),
        ("tar: write error: No space left on device", "磁盘满了"),
        ("line one\nsomething odd", "something odd"),
    ],
)
def test_a_failed_command_is_explained(output: str, said: str, tmp_path: Path) -> None:
    assert said in str(shell.explain("/usr/bin/apt-get", 100, output, tmp_path / "log"))


def test_a_command_is_cut_off_when_its_time_is_up(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="等得太久"):
        shell.run(["sleep", "30"], log=tmp_path / "log", timeout=0.2)


def test_an_unknown_profile_is_refused() -> None:
    assert main(["everything"]) == 2
