"""The rules of the house that no linter knows: sizes, who commits, where Asterisk's words may stand."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("callcenter", "agi_scripts", "asr", "softphone", "voice", "install", "demo")

# Words of the PBX. "channel" alone is also a common word (notice channels), so only its compounds are listed.
PBX_WORDS = re.compile(
    r"\b(PJSIP|uniqueid|linkedid|AgentConnect|AgentCalled|QueueMember\w*|ConfBridge\w*|ChanSpy|MixMonitor"
    r"|AudioSocket|QUEUESTATUS|AGISTATUS|OriginateResponse|channelid|channel_name)\b",
    re.IGNORECASE,
)
PBX_HOMES = ("callcenter/pbx/",)
# The settings name the folder, the supervisor's list starts the process, asr is the far end of the audio link.
PBX_KNOWN = {"callcenter/settings.py", "callcenter/parts.py", "callcenter/main.py"}


def tracked(*folders: str, suffix: str = ".py") -> list[Path]:
    """Files git tracks, and new ones it does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return [ROOT / name for name in listed if name.endswith(suffix) and (ROOT / name).exists()]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_files_stay_readable() -> None:
    written = [path for path in tracked() if "migrations/versions" not in name(path)]
    too_long = {name(path): count for path in written if (count := len(path.read_text().splitlines())) > 300}
    assert not too_long, "split by what they do"


def test_agi_scripts_stay_thin() -> None:
    infrastructure = {"__init__.py", "__main__.py", "server.py", "channel.py"}
    scripts = [path for path in tracked("agi_scripts") if path.name not in infrastructure]
    assert scripts
    assert not [name(path) for path in scripts if len(path.read_text().splitlines()) > 40]


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name(path)
        for path in tracked(*PRODUCT)
        if path.read_text().strip() and not path.read_text().lstrip().startswith(('"""', "#!"))
    ]
    assert not silent


def test_only_the_unit_of_work_commits() -> None:
    allowed = {"callcenter/core/db.py", "callcenter/migrations/env.py"}
    found = [name(path) for path in tracked("callcenter", "agi_scripts") if ".commit()" in path.read_text()]
    assert set(found) <= allowed


def test_only_the_settings_read_the_environment() -> None:
    allowed = {"callcenter/settings.py", "callcenter/main.py", "callcenter/supervisor.py"}
    found = [
        name(path)
        for path in tracked("callcenter", "agi_scripts")
        if re.search(r"os\.(environ|getenv)", path.read_text())
    ]
    assert set(found) <= allowed


def test_words_of_the_pbx_stay_at_home() -> None:
    found = {}
    for path in tracked("callcenter"):
        if not name(path).startswith(PBX_HOMES) and name(path) not in PBX_KNOWN:
            words = {match.group(0) for match in PBX_WORDS.finditer(path.read_text())}
            if words:
                found[name(path)] = sorted(words)
    assert not found


def test_no_work_is_left_in_comments() -> None:
    marker = re.compile(r"#.*\b(TODO|FIXME|XXX)\b")
    assert not [name(path) for path in tracked() if marker.search(path.read_text()) and path != Path(__file__)]


def test_the_import_contracts_hold() -> None:
    run = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout


# A regular expression's signs stand between Chinese characters too.
PUNCTUATION_FREE = {"callcenter/routing/engine.py"}


def test_chinese_texts_have_chinese_punctuation() -> None:
    half_width = re.compile(r"[\u4e00-\u9fff][,;:?!][\u4e00-\u9fff]")
    found = [
        f"{name(path)}:{node.lineno}"
        for path in tracked(*PRODUCT)
        if name(path) not in PUNCTUATION_FREE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and half_width.search(node.value)
    ]
    assert not found
