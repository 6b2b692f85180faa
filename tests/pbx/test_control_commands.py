"""Call control against a manager interface that fails half-way: the caller always has somewhere to go."""

from collections.abc import Iterator

import pytest

from callcenter.operators.telephony import Membership, TelephonyRefused, TelephonyUnavailable
from callcenter.pbx import seats as seats_module
from callcenter.pbx.ami import Ami, Message
from callcenter.pbx.control import CONTACT_SECONDS, Control
from callcenter.pbx.phones import Phones
from callcenter.pbx.seats import extension_of
from callcenter.settings import Settings
from tests.pbx.test_ami import FakeAmi

pytestmark = pytest.mark.unit

CALL = {"caller": "hl1-1.0", "operator": "hl1-1.1"}


@pytest.fixture
def server() -> Iterator[FakeAmi]:
    server = FakeAmi()
    server.handlers["Getvar"] = lambda fake, action: fake.answer(action, Value="PJSIP/trunk-00000000")
    server.handlers["ConfbridgeList"] = lambda fake, action: fake.answer(
        action, "Error", Message="No active conferences."
    )
    yield server
    server.close()


@pytest.fixture
def control(server: FakeAmi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Control]:
    monkeypatch.setattr(seats_module, "CONNECT_SECONDS", 0.05)
    ami = Ami("127.0.0.1", server.port, "hotline", "secret").start()
    assert ami.wait_connected(5)
    control = Control(ami, Phones(Settings()))
    yield control
    control.close()


def moves(server: FakeAmi) -> list[tuple[str, str]]:
    """Which legs were sent where, in order."""
    found = []
    for action in server.seen:
        if action["Action"] == "Redirect":
            found.append((action["Channel"], f"{action['Context']},{action['Exten']}"))
            if "ExtraChannel" in action:
                found.append((action["ExtraChannel"], f"{action['ExtraContext']},{action['ExtraExten']}"))
    return found


def test_consult_moves_both_at_once_and_calls_once(server: FakeAmi, control: Control) -> None:
    control.consult("c1", **CALL, department="d1", numbers=["12319"])
    assert moves(server) == [("hl1-1.0", "threeway,hold"), ("hl1-1.1", "threeway,operator")]
    (call,) = [action for action in server.seen if action["Action"] == "Originate"]
    assert call["Channel"] == "Local/12319@outbound/n"
    assert call["ChannelId"] == "d1"
    assert call["Variable"] == "__CALLUUID=c1,__CALLERCHAN=PJSIP/trunk-00000000,__LEG=d1,__INVITED=department"


def test_a_units_contacts_are_rung_in_turn_and_there_is_time_for_all(server: FakeAmi, control: Control) -> None:
    control.consult("c1", **CALL, department="d1", numbers=["12319", "85000101", "85000103"])
    (call,) = [action for action in server.seen if action["Action"] == "Originate"]
    assert call["Channel"] == "Local/12319@outbound/n"
    assert call["Variable"].endswith(f",__FURTHER=85000101&85000103,__RING_SECONDS={CONTACT_SECONDS}")
    assert int(call["Timeout"]) > 3 * CONTACT_SECONDS * 1000


@pytest.mark.parametrize("stage", ["Getvar", "Originate"])
def test_a_call_that_cannot_be_made_brings_the_caller_back(server: FakeAmi, control: Control, stage: str) -> None:
    server.handlers[stage] = lambda fake, action: fake.answer(action, "Error", Message="no")
    with pytest.raises(TelephonyRefused):
        control.consult("c1", **CALL, department="d1", numbers=["12319"])
    assert moves(server)[-1] == ("hl1-1.0", "threeway,caller")


def test_legs_that_are_gone_move_nobody(server: FakeAmi, control: Control) -> None:
    server.handlers["Redirect"] = lambda fake, action: fake.answer(action, "Error", Message="Channel does not exist")
    with pytest.raises(TelephonyRefused):
        control.consult("c1", **CALL, department="d1", numbers=["12319"])
    assert "Originate" not in server.names()


def test_a_link_lost_while_calling_is_reported_and_the_call_never_repeated(server: FakeAmi, control: Control) -> None:
    server.handlers["Originate"] = lambda fake, _: fake.drop()
    with pytest.raises(TelephonyUnavailable):
        control.consult("c1", **CALL, department="d1", numbers=["12319"])
    assert server.names().count("Originate") == 1


def test_hold_in_a_room_moves_the_caller_only(server: FakeAmi, control: Control) -> None:
    def room(fake: FakeAmi, action: Message) -> None:
        own = {"ActionID": action["ActionID"]}
        fake.answer(action, EventList="start")
        fake.send({"Event": "ConfbridgeList", "Uniqueid": "hl1-1.1", **own})
        fake.send({"Event": "ConfbridgeListComplete", "EventList": "Complete", **own})

    server.handlers["ConfbridgeList"] = room
    control.hold("c1", **CALL)
    assert moves(server) == [("hl1-1.0", "threeway,hold")]


def test_hanging_up_what_is_gone_is_fine(server: FakeAmi, control: Control) -> None:
    server.handlers["Hangup"] = lambda fake, action: fake.answer(action, "Error", Message="No such channel")
    control.hang_up("hl1-1.1")


def test_a_queue_that_does_not_obey_is_noticed(server: FakeAmi, control: Control) -> None:
    """The PBX says Success and does nothing."""

    def nothing(fake: FakeAmi, action: Message) -> None:
        fake.answer(action, EventList="start")
        fake.send({"Event": "QueueStatusComplete", "EventList": "Complete", "ActionID": action["ActionID"]})

    server.handlers["QueueStatus"] = nothing
    with pytest.raises(TelephonyUnavailable):
        control.set_membership("9001", name="王小明", queues=["q12345"])
    assert server.seen[2]["MemberName"] == "王小明"
    control.set_membership("9001", name="王小明", queues=[])


def test_an_extension_paused_in_one_queue_only_is_not_paused(server: FakeAmi, control: Control) -> None:
    def members(fake: FakeAmi, action: Message) -> None:
        own = {"Event": "QueueMember", "ActionID": action["ActionID"], "Location": "PJSIP/9001", "PausedReason": ""}
        fake.answer(action, EventList="start")
        fake.send({**own, "Queue": "a", "Paused": "1"})
        fake.send({**own, "Queue": "b", "Paused": "0"})
        fake.send({**own, "Queue": "b", "Paused": "0", "Location": "Local/x@y"})
        fake.send({"Event": "QueueStatusComplete", "EventList": "Complete", "ActionID": action["ActionID"]})

    server.handlers["QueueStatus"] = members
    assert control.memberships() == {"9001": Membership(frozenset({"a", "b"}), paused=False)}


@pytest.mark.parametrize(
    ("name", "extension"),
    [("PJSIP/9001", "9001"), ("PJSIP/9001-0000002a", "9001"), ("Local/9001@x-1;2", ""), ("", "")],
)
def test_extensions_by_name(name: str, extension: str) -> None:
    assert extension_of(name) == extension
