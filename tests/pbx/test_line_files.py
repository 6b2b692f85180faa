"""The dialplan's files: names agree with the Python side, prompts exist, settings reach them unchanged."""

import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from callcenter.calls.telephony import NoticeReason
from callcenter.core.errors import Invalid, Unavailable
from callcenter.directory.lines import MAIN_QUEUE, load
from callcenter.directory.queues import queues_of
from callcenter.pbx import journal, names, render
from callcenter.pbx.names import DEFAULT_QUEUE, LEADER_QUEUE, Context, UserEvent, Variable
from callcenter.settings import PROJECT_ROOT, Settings
from callcenter.surveys.questions import QUESTIONS

pytestmark = pytest.mark.unit

DIALPLAN = PROJECT_ROOT / "dialplan"
FILES = {file.name: file.read_text() for file in DIALPLAN.glob("*.conf")}
INCLUDED = ["extensions.conf", *re.findall(r"^#include (\S+)$", FILES["extensions.conf"], re.M)]
FLOW = "\n".join(FILES[name] for name in INCLUDED)
CODE = "\n".join(line for line in FLOW.splitlines() if not line.startswith(";"))
AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def test_every_file_of_the_flow_is_included() -> None:
    flow_files = {name for name, text in FILES.items() if re.search(r"^exten => ", text, re.M)}
    assert flow_files == set(INCLUDED) - {"extensions.conf"}


FROM_THE_APPLICATION = (
    Variable.LEG,
    Variable.MONITORED,
    Variable.TAKEN_FROM,
    Variable.MOVE_TO,
    Variable.RING_SECONDS,
    Variable.CITIZEN_TAP,
    Variable.SURVEYOR_TAP,
    Variable.NOTICE_SOUNDS,
    Variable.HEARD,
    Variable.CONSENT,
    Variable.MEDIA_SEAT,
    Variable.MEDIA_LEADER,
)


@pytest.mark.parametrize("variable", [v for v in Variable if v not in FROM_THE_APPLICATION])
def test_variables_are_the_dialplans(variable: Variable) -> None:
    assert re.search(rf"Set\(_*{variable}=", CODE), f"{variable} is never set"


def test_reported_events_and_named_events_are_the_same() -> None:
    reported = set(re.findall(r"Gosub\(report,s,1\((\w+)", CODE))
    assert reported == set(UserEvent)


@pytest.mark.parametrize("context", list(Context))
def test_contexts_exist(context: Context) -> None:
    assert f"[{context}]" in CODE


def test_places_the_application_sends_calls_to() -> None:
    for extension in ("caller", "operator", "department", "hold"):
        assert re.search(rf"^exten => {extension},1,", FILES["threeway.conf"], re.M)


def test_contexts_the_flow_goes_to_exist() -> None:
    targets = set(re.findall(r"(?:Goto|Gosub)\(([a-z][\w-]+),\w+,1", CODE))
    targets |= set(re.findall(r"\?([a-z][\w-]+),\w+,1\)", CODE)) | set(re.findall(r"push\)=([\w-]+),", CODE))
    targets |= {"operator-leg", "department-leg"}
    assert not {context for context in targets if f"[{context}]" not in CODE}


def test_queues_are_the_ones_the_application_names() -> None:
    queues = set(re.findall(r"^\[(\w+)\]\(hotline\)", FILES["queues.conf"], re.M))
    assert {DEFAULT_QUEUE, LEADER_QUEUE, MAIN_QUEUE} <= queues
    own = queues_of(PROJECT_ROOT / "routing_rules/city")
    assert {DEFAULT_QUEUE, LEADER_QUEUE} <= own.keys()
    assert {line.queue for line in load(PROJECT_ROOT / "routing_rules/city/lines.tsv").values()} <= own.keys()
    assert DEFAULT_QUEUE == MAIN_QUEUE


def test_every_prompt_has_a_text_and_every_text_is_said() -> None:
    prompts = yaml.safe_load((DIALPLAN / "sounds/zh/prompts.yaml").read_text())
    played = set(re.findall(r"(?:Playback|Read)\((?:\w+,)?([a-z][\w-]+(?:&[\w-]+)*)", CODE))
    played |= {"survey-q1", "survey-q2", "greeting", "greeting-repeat", "no-input&invalid"}
    played -= {"banner"}  # a sound the application makes
    played |= {names.Prompt.INCIDENT}
    played |= set(re.findall(r"^periodic-announce=(\S+)", FILES["queues.conf"], re.M))
    played |= set(re.findall(r"Gosub\(follow-up-ask,s,1\(\w+,([\w-]+)\)", CODE))
    played |= {sound for reason in NoticeReason for sound in names.notice_sounds(reason, "20261229-000001")}
    said = {name for names_ in played for name in names_.split("&")}
    said |= {f"digits/{n}" for n in (*range(11), 20, 30, 40, 50, 60, 70, 80, 90, "hundred", "thousand", "wan")}
    said |= {"queue-youarenext", "queue-thereare", "queue-callswaiting"}
    assert said - prompts.keys() == set()
    of_asterisk = re.compile(r"queue-|digits/|beep$|(minute|second)s?$")
    assert {name for name in prompts if not of_asterisk.match(name)} - said == set()


def test_survey_asks_what_the_application_counts() -> None:
    asked = dict(re.findall(r"Gosub\(ask,1\((\w+),[\w-]+,(\d+)\)", FILES["survey.conf"]))
    assert asked == {question: "".join(text.choices) for question, text in QUESTIONS.items()}


def test_defaults_are_set_before_and_after_the_script() -> None:
    inbound = FILES["inbound.conf"]
    script = inbound.index("AGI(${AGI_SERVER}")
    assert inbound.index("Gosub(route-defaults") < inbound.index("TIMEOUT(absolute)=2") < script
    assert script < inbound.index("TIMEOUT(absolute)=0") < inbound.rindex("Gosub(route-defaults")
    for variable in (names.Variable.QUEUE, names.Variable.PRIORITY, names.Variable.GREETING, names.Variable.BLOCKED):
        assert f"Set({variable}=" in inbound[inbound.index("[route-defaults]") :]


def tree(folder: Path) -> Path:
    """The least that looks like an unpacked Asterisk."""
    (folder / "root/usr/lib/x86_64-linux-gnu/asterisk/modules").mkdir(parents=True)
    return folder / "root"


def rendered(folder: Path, **settings: object) -> dict[str, str]:
    render.prepare(Settings(data_dir=folder / "data", asterisk_root=tree(folder), **settings))  # type: ignore[arg-type]
    local = folder / "data/asterisk/etc/local"
    for private in (local, folder / "data/asterisk/journal", folder / "data/recordings"):
        assert oct(private.stat().st_mode)[-3:] == "700"
    return {file.name: file.read_text() for file in local.iterdir()}


@pytest.fixture
def short_path() -> Iterator[Path]:
    """The kernel limits the name of a control socket, and pytest's own folders may be longer than that."""
    with tempfile.TemporaryDirectory(prefix="line-") as folder:
        yield Path(folder)


def test_settings_reach_the_files(short_path: Path) -> None:
    files = rendered(short_path, sip_port=15060, ami_user="u", ami_secret="a;b", last_resort_number="85010001")
    assert "bind=127.0.0.1:15060" in files["pjsip.conf"]
    assert "[u](callcenter)\nsecret=a\\;b\n" in files["manager.conf"]
    assert "LAST_RESORT=85010001\n" in files["extensions.conf"]
    assert set(files) == set(re.findall(r"^#tryinclude local/(\S+)$", "\n".join(FILES.values()), re.M))


def test_no_setting_smuggles_in_an_option(short_path: Path) -> None:
    with pytest.raises(Invalid, match="换行"):
        rendered(short_path, ami_secret="x\nwrite=all")


def test_preparing_again_changes_nothing(short_path: Path) -> None:
    first = rendered(short_path)
    render.prepare(Settings(data_dir=short_path / "data", asterisk_root=short_path / "root"))
    assert {f.name: f.read_text() for f in (short_path / "data/asterisk/etc/local").iterdir()} == first


def test_what_is_missing_is_said_in_one_sentence(short_path: Path) -> None:
    with pytest.raises(Unavailable, match="make setup"):
        render.prepare(Settings(data_dir=short_path, asterisk_root=short_path / "none"))
    with pytest.raises(Unavailable, match="路径太长"):
        render.prepare(Settings(data_dir=short_path / ("x" * 90), asterisk_root=tree(short_path)))


def line(minute: int, name: str = "CallEnd") -> str:
    return f"{name},CallUUID: c1,At: 2026-11-24T04:{minute:02d}:00.000Z,Cause: 16,,,\n"


def test_the_journal_is_read_from_a_moment_on(tmp_path: Path) -> None:
    (tmp_path / "20261123.log").write_text(line(1).replace("11-24", "11-23"))
    (tmp_path / "20261124.log").write_text(line(1) + line(5, "CallStart"))
    (tmp_path / "20261125.log").write_text(line(0).replace("11-24", "11-25"))
    found = list(journal.facts(tmp_path, AT.replace(minute=2)))
    assert [fact["UserEvent"] for fact in found] == ["CallStart", "CallEnd"]
    assert found[0] == {"UserEvent": "CallStart", "CallUUID": "c1", "At": "2026-11-24T04:05:00.000Z", "Cause": "16"}


@pytest.mark.parametrize("broken", ["CallEnd,CallUUID: c1,At: 2026-11-2", "\n", "nonsense\n", "X,At: soon\n", "\x00\n"])
def test_a_broken_line_of_the_journal_is_passed_over(tmp_path: Path, broken: str) -> None:
    (tmp_path / "20261124.log").write_text(line(1) + broken)
    assert len(list(journal.facts(tmp_path, AT))) == 1
