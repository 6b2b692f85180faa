"""The three-way room by the dialplan alone: whatever a department, an operator or the order of things does, the caller
is never left alone. `tests/pbx/live` proves the same through the application."""

import time
from dataclasses import dataclass

import pytest

from softphone import CITIZEN_HZ, DEPARTMENT_HZ, OPERATOR_HZ, CallLeg, Phone, load_wav, tones, wait_tone

from .conftest import Line, hear

pytestmark = pytest.mark.pbx

DEPARTMENT = "057385010002"


@dataclass
class Talk:
    """A caller and an operator in the queue's bridge, each sending a tone."""

    line: Line
    call_id: str
    citizen: CallLeg
    operator: CallLeg
    caller_channel: str
    operator_channel: str

    def redirect(self, caller: str, operator: str = "") -> None:
        both = {"ExtraChannel": self.operator_channel, "ExtraContext": "threeway", "ExtraExten": operator}
        extra = both | {"ExtraPriority": "1"} if operator else {}
        said = self.line.ami(
            "Redirect", Channel=self.caller_channel, Context="threeway", Exten=caller, Priority="1", **extra
        )
        assert "Redirect successful" in said or "Dual Redirect successful" in said, said

    def invite(self) -> None:
        said = self.line.ami(
            "Originate",
            Channel=f"Local/{DEPARTMENT}@outbound/n",
            Context="threeway",
            Exten="department",
            Priority="1",
            Async="true",
            Variable=f"__CALLUUID={self.call_id},__CALLERCHAN={self.caller_channel}",
        )
        assert "successfully queued" in said, said

    def consult(self) -> None:
        self.redirect("hold", "operator")
        self.invite()


@pytest.fixture
def talk(line: Line, citizen: Phone, operator: Phone, number: str) -> Talk:
    leg = citizen.call("12345", from_number=number)
    leg.tone(CITIZEN_HZ)
    desk = operator.wait_ring().answer()
    desk.tone(OPERATOR_HZ)
    wait_tone(leg, OPERATOR_HZ)
    [caller] = line.channels("PJSIP/trunk")
    [operator_channel] = line.channels(f"PJSIP/{operator.user}")
    return Talk(line, line.call_id(number), leg, desk, caller, operator_channel)


def settled(leg: CallLeg, *wanted: int, seconds: float = 5) -> None:
    """The leg hears exactly these tones of the parties."""
    ends = time.monotonic() + seconds
    while (heard := tones(leg.heard(0.3))) != set(wanted):
        assert time.monotonic() < ends, f"{leg.name} hears {heard}, not {wanted}"


@pytest.fixture
def consulted(talk: Talk, outside: Phone) -> CallLeg:
    """The department talks to the operator, the caller waits."""
    talk.consult()
    department = outside.wait_ring(5, number=DEPARTMENT).answer()
    department.tone(DEPARTMENT_HZ)
    settled(talk.operator, DEPARTMENT_HZ)
    return department


def test_consult_merge_and_the_operator_drops_out(talk: Talk, consulted: CallLeg) -> None:
    assert consulted.caller_number == "12345"
    hear(talk.citizen, "consult-wait")
    settled(consulted, OPERATOR_HZ)
    settled(talk.citizen)

    talk.redirect("caller")
    settled(talk.citizen, OPERATOR_HZ, DEPARTMENT_HZ)
    settled(talk.operator, CITIZEN_HZ, DEPARTMENT_HZ)
    settled(consulted, CITIZEN_HZ, OPERATOR_HZ)

    talk.operator.hang_up()
    settled(talk.citizen, DEPARTMENT_HZ)
    settled(consulted, CITIZEN_HZ)
    consulted.hang_up()
    hear(talk.citizen, "survey-q1")
    talk.citizen.hang_up()

    line = talk.line
    assert tones(line.recording(talk.call_id)) == {CITIZEN_HZ, OPERATOR_HZ, DEPARTMENT_HZ}
    private = load_wav(
        line.settings.recordings_dir / line.wait_fact(talk.call_id, "Recording", Party="operator")["File"]
    )
    assert tones(private[4000:8000]) == {OPERATOR_HZ, DEPARTMENT_HZ}
    states = [(f["Party"], f["State"]) for f in line.facts(talk.call_id, "PartyState")]
    assert states[0] == ("operator", "talk")
    assert set(states[1:3]) == {("caller", "hold"), ("operator", "room")}
    assert states[3:] == [("department", "room"), ("caller", "room"), ("operator", "left"), ("department", "left")]


def test_the_department_leaves_and_operator_and_caller_go_on(talk: Talk, consulted: CallLeg) -> None:
    talk.redirect("caller")
    settled(talk.citizen, OPERATOR_HZ, DEPARTMENT_HZ)
    consulted.hang_up()
    settled(talk.citizen, OPERATOR_HZ)
    settled(talk.operator, CITIZEN_HZ)
    talk.operator.hang_up()
    hear(talk.citizen, "survey-q1")


def test_all_three_at_once_and_held_again(talk: Talk, outside: Phone) -> None:
    talk.redirect("caller", "operator")
    talk.invite()
    department = outside.wait_ring(5, number=DEPARTMENT).answer()
    department.tone(DEPARTMENT_HZ)
    settled(talk.citizen, OPERATOR_HZ, DEPARTMENT_HZ)
    talk.redirect("hold")
    settled(talk.operator, DEPARTMENT_HZ)
    settled(talk.citizen)
    talk.redirect("caller")
    settled(talk.citizen, OPERATOR_HZ, DEPARTMENT_HZ)


@pytest.mark.parametrize("status", [486, 603, 480, 404, 503])
def test_a_department_that_cannot_be_had_gives_the_caller_back(talk: Talk, outside: Phone, status: int) -> None:
    outside.auto_reject(status)
    talk.consult()
    hear(talk.citizen, "department-unavailable")
    settled(talk.citizen, OPERATOR_HZ)
    settled(talk.operator, CITIZEN_HZ)
    failed = talk.line.wait_fact(talk.call_id, "PartyState", Party="department", State="failed")
    assert (failed["Number"], failed["Cause"] != "0") == (DEPARTMENT, True)
    talk.operator.hang_up()
    hear(talk.citizen, "survey-q1")


def test_a_department_that_does_not_answer_gives_the_caller_back(talk: Talk, outside: Phone) -> None:
    talk.line.rx("dialplan set global RING_SECONDS 2")
    try:
        talk.consult()
        outside.wait_ring(5, number=DEPARTMENT)
        hear(talk.citizen, "department-unavailable")
        settled(talk.citizen, OPERATOR_HZ)
        failed = talk.line.wait_fact(talk.call_id, "PartyState", Party="department", State="failed")
        assert failed["Status"] == "NOANSWER"
    finally:
        talk.line.rx("dialplan set global RING_SECONDS 30")


def test_a_trunk_that_is_away_gives_the_caller_back(talk: Talk) -> None:
    """Nobody listens where departments are called."""
    talk.line.rx("dialplan set global RING_SECONDS 2")
    try:
        talk.consult()
        settled(talk.citizen, OPERATOR_HZ, seconds=10)
    finally:
        talk.line.rx("dialplan set global RING_SECONDS 30")


@pytest.mark.parametrize("how", ["hang_up", "vanish"])
def test_the_operator_leaves_a_caller_on_hold(talk: Talk, consulted: CallLeg, operator: Phone, how: str) -> None:
    """Back to the queue, ahead of everybody; the department is not left alone in the room."""
    getattr(talk.operator, how)()
    hear(talk.citizen, "operator-lost")
    talk.line.wait_fact(talk.call_id, "QueueJoined", Priority="100")
    consulted.wait_ended()
    again = operator.wait_ring(10).answer()
    again.tone(OPERATOR_HZ)
    settled(talk.citizen, OPERATOR_HZ)
    assert not talk.line.facts(talk.call_id, "SurveyStart")


@pytest.mark.parametrize("how", ["hang_up", "vanish"])
def test_the_operator_leaves_while_the_department_still_rings(
    talk: Talk, outside: Phone, operator: Phone, how: str
) -> None:
    talk.consult()
    ringing = outside.wait_ring(5, number=DEPARTMENT)
    getattr(talk.operator, how)()
    hear(talk.citizen, "operator-lost")
    ringing.answer()
    ringing.wait_ended()
    again = operator.wait_ring(10).answer()
    again.tone(OPERATOR_HZ)
    settled(talk.citizen, OPERATOR_HZ)


def test_the_operators_phone_dies_in_the_room(talk: Talk, operator: Phone) -> None:
    talk.redirect("caller", "operator")
    settled(talk.citizen, OPERATOR_HZ)
    talk.operator.vanish()
    hear(talk.citizen, "operator-lost")
    talk.line.wait_fact(talk.call_id, "QueueJoined", Priority="100")


def test_the_operator_hangs_up_in_the_room(talk: Talk) -> None:
    talk.redirect("caller", "operator")
    settled(talk.citizen, OPERATOR_HZ)
    talk.operator.hang_up()
    hear(talk.citizen, "survey-q1")
    time.sleep(1)
    assert len(talk.line.facts(talk.call_id, "SurveyStart")) == 1


def test_the_operator_hangs_up_before_the_caller_is_in_the_room(talk: Talk) -> None:
    """Both moves and the hang-up cross each other."""
    talk.redirect("hold", "operator")
    talk.operator.hang_up()
    talk.line.wait_fact(talk.call_id, "QueueJoined", Priority="100")
    assert not talk.line.facts(talk.call_id, "SurveyStart")


def test_the_caller_hangs_up_on_hold_and_everybody_is_let_go(talk: Talk, consulted: CallLeg) -> None:
    talk.citizen.hang_up()
    assert talk.line.wait_fact(talk.call_id, "CallEnd")["Stage"] == "hold"
    # Operator and department may finish their talk; nothing stays behind when they do.
    settled(talk.operator, DEPARTMENT_HZ)
    talk.operator.hang_up()
    consulted.hang_up()
    ends = time.monotonic() + 3
    while talk.line.channels("PJSIP/") or talk.line.channels("Local/"):
        assert time.monotonic() < ends
        time.sleep(0.05)


@pytest.mark.parametrize("back", [False, True], ids=["on hold", "after hold"])
def test_a_caller_who_hangs_up_releases_the_operator(talk: Talk, back: bool) -> None:
    """Nobody is left in the room but the operator: the seat must not stay on a call that is over."""
    talk.redirect("hold", "operator")
    hear(talk.citizen, "consult-wait")
    if back:
        talk.redirect("caller")
        settled(talk.citizen, OPERATOR_HZ)
    talk.citizen.hang_up()
    talk.operator.wait_ended(5)


def test_operator_and_department_may_finish_after_the_caller_has_gone(talk: Talk, consulted: CallLeg) -> None:
    talk.citizen.hang_up()
    settled(consulted, OPERATOR_HZ)
    consulted.hang_up()
