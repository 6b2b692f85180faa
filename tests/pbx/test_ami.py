"""The AMI client against a server that answers, delays, repeats, talks nonsense and breaks off."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from callcenter.operators.telephony import TelephonyRefused, TelephonyUnavailable
from callcenter.pbx.ami import MAX_MESSAGE_BYTES, Ami, Message, parse

pytestmark = pytest.mark.unit

Handler = Callable[["FakeAmi", Message], None]


class FakeAmi:
    """A manager interface whose answer to each action is a function; without one it says Success."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}
        self.seen: list[Message] = []
        self.banner = b"Asterisk Call Manager/9.0.0\r\n"
        self.logins = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._link: socket.socket | None = None
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self._server.accept()
            except OSError:
                return
            self._link = link
            link.sendall(self.banner)
            buffer = b""
            while data := self._receive(link):
                *actions, buffer = (buffer + data).split(b"\r\n\r\n")
                for action in actions:
                    self._handle(parse(action))

    @staticmethod
    def _receive(link: socket.socket) -> bytes:
        try:
            return link.recv(65536)
        except OSError:
            return b""

    def _handle(self, action: Message) -> None:
        self.seen.append(action)
        self.logins += action["Action"] == "Login"
        self.handlers.get(action["Action"], FakeAmi.answer)(self, action)

    def answer(self, action: Message, response: str = "Success", **more: str) -> None:
        self.send({"Response": response, "ActionID": action["ActionID"], **more})

    def send(self, message: Message) -> None:
        self.raw("".join(f"{key}: {value}\r\n" for key, value in message.items()).encode() + b"\r\n")

    def raw(self, data: bytes) -> None:
        assert self._link
        self._link.sendall(data)

    def drop(self) -> None:
        assert self._link
        self._link.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._server.close()

    def names(self) -> list[str]:
        return [action["Action"] for action in self.seen]


@pytest.fixture
def server() -> Iterator[FakeAmi]:
    server = FakeAmi()
    yield server
    server.close()


@pytest.fixture
def connect(server: FakeAmi) -> Iterator[Callable[..., Ami]]:
    made: list[Ami] = []

    def _connect(**options: object) -> Ami:
        ami = Ami("127.0.0.1", server.port, "hotline", "secret", **options).start()  # type: ignore[arg-type]
        made.append(ami)
        assert ami.wait_connected(5)
        return ami

    yield _connect
    for ami in made:
        ami.close()


def until(true: Callable[[], object], seconds: float = 5) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "did not happen in time"
        time.sleep(0.01)


def test_an_answer_finds_the_action_it_belongs_to(server: FakeAmi, connect: Callable[..., Ami]) -> None:
    held: list[Message] = []
    server.handlers["Slow"] = lambda _, action: held.append(action)

    def fast_then_slow(fake: FakeAmi, action: Message) -> None:
        fake.answer(action, Message="fast")
        fake.answer(held[0], Message="slow")

    server.handlers["Fast"] = fast_then_slow
    ami = connect()
    answers: list[Message] = []
    slow = threading.Thread(target=lambda: answers.append(ami.action("Slow")))
    slow.start()
    until(lambda: held)
    assert ami.action("Fast")["Message"] == "fast"
    slow.join(5)
    assert answers[0]["Message"] == "slow"


def test_chinese_survives_and_line_breaks_cannot_smuggle_an_action(
    server: FakeAmi, connect: Callable[..., Ami]
) -> None:
    connect().action("QueuePause", Reason="午餐\r\n\r\nAction: Originate\r\nChannel: Local/1", Paused="true")
    assert server.names() == ["Login", "QueuePause"]
    assert server.seen[1]["Reason"] == "午餐  Action: Originate Channel: Local/1"


def test_a_refusal_is_an_error_with_its_words(server: FakeAmi, connect: Callable[..., Ami]) -> None:
    server.handlers["Redirect"] = lambda fake, action: fake.answer(action, "Error", Message="No such channel")
    with pytest.raises(TelephonyRefused) as refused:
        connect().action("Redirect", Channel="PJSIP/gone")
    assert refused.value.details == {"said": "No such channel"}


def test_list_actions_collect_their_own_events_only(server: FakeAmi, connect: Callable[..., Ami]) -> None:
    def calls(fake: FakeAmi, action: Message) -> None:
        own = {"ActionID": action["ActionID"]}
        fake.answer(action, EventList="start")
        fake.send({"Event": "CoreShowChannel", "Channel": "a", **own})
        fake.send({"Event": "Hangup", "Channel": "stranger"})
        fake.send({"Event": "CoreShowChannel", "Channel": "b", **own})
        fake.send({"Event": "CoreShowChannelsComplete", "EventList": "Complete", **own})

    server.handlers["CoreShowChannels"] = calls
    events: list[Message] = []
    ami = connect(on_event=events.append)
    assert [item["Channel"] for item in ami.list_action("CoreShowChannels")] == ["a", "b"]
    until(lambda: events)
    assert [event["Channel"] for event in events] == ["stranger"]


def test_no_answer_in_time_is_an_error_and_a_late_answer_harms_nobody(
    server: FakeAmi, connect: Callable[..., Ami]
) -> None:
    held: list[Message] = []
    server.handlers["Originate"] = lambda _, action: held.append(action)
    ami = connect()
    with pytest.raises(TelephonyUnavailable):
        ami.action("Originate", timeout=0.1)
    server.answer(held[0])
    server.answer(held[0])
    assert ami.action("Ping")["Response"] == "Success"


def test_a_lost_link_fails_the_action_at_once_and_it_is_never_sent_again(
    server: FakeAmi, connect: Callable[..., Ami]
) -> None:
    server.handlers["Originate"] = lambda fake, _: fake.drop()
    ami = connect()
    began = time.monotonic()
    with pytest.raises(TelephonyUnavailable):
        ami.action("Originate", timeout=20)
    assert time.monotonic() - began < 10, "did not wait for the time-out"
    until(lambda: server.logins == 2 and ami.connected)
    assert ami.action("Ping")["Response"] == "Success"
    assert server.names().count("Originate") == 1


def test_without_a_link_an_action_fails_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    ami = Ami("127.0.0.1", port, "hotline", "secret").start()
    with pytest.raises(TelephonyUnavailable):
        ami.action("Ping")
    ami.close()


def test_catch_up_runs_after_each_login_and_again_when_it_fails(server: FakeAmi, connect: Callable[..., Ami]) -> None:
    runs: list[int] = []

    def catch_up() -> None:
        runs.append(server.logins)
        if len(runs) == 1:
            raise RuntimeError("database away")

    connect(on_connect=catch_up)
    until(lambda: runs == [1, 1])
    server.drop()
    until(lambda: runs == [1, 1, 2])


def test_events_come_in_order_on_one_thread_and_a_failing_handler_stops_nothing(
    server: FakeAmi, connect: Callable[..., Ami]
) -> None:
    seen: list[tuple[str, str]] = []

    def on_event(event: Message) -> None:
        seen.append((event["N"], threading.current_thread().name))
        if event["N"] == "3":
            raise ValueError("bad event")

    connect(on_event=on_event)
    for number in range(200):
        server.send({"Event": "Test", "N": str(number)})
    until(lambda: len(seen) == 200)
    assert [number for number, _ in seen] == [str(number) for number in range(200)]
    assert len({thread for _, thread in seen}) == 1


def test_more_events_than_fit_are_dropped_and_made_up_for(server: FakeAmi, connect: Callable[..., Ami]) -> None:
    gate, seen, runs = threading.Event(), [], []

    def on_event(event: Message) -> None:
        gate.wait(10)
        seen.append(event)

    ami = connect(on_event=on_event, on_connect=lambda: runs.append(1), max_queued=5)
    until(lambda: runs)
    for number in range(50):
        server.send({"Event": "Test", "N": str(number)})
    assert ami.action("Ping")["Response"] == "Success", "answers pass a full queue"
    gate.set()
    until(lambda: len(runs) == 2)
    assert len(seen) < 50


def test_garbage_and_a_huge_event_are_survived(server: FakeAmi, connect: Callable[..., Ami]) -> None:
    events: list[Message] = []
    ami = connect(on_event=events.append)
    server.raw(b"\x00\xff\xfe no header at all\r\n\r\n\r\n\r\n: \r\n\r\n")
    server.send({"Event": "Big", "Data": "长" * 200_000})
    until(lambda: events)
    assert len(events[0]["Data"]) == 200_000
    assert ami.action("Ping")["Response"] == "Success"
    assert server.logins == 1


def test_a_message_without_end_breaks_the_link_and_it_is_made_again(
    server: FakeAmi, connect: Callable[..., Ami]
) -> None:
    ami = connect()
    with contextlib.suppress(OSError):  # the client may hang up while we are still talking
        server.raw(b"x" * (MAX_MESSAGE_BYTES + 70_000))
    until(lambda: server.logins == 2 and ami.connected)


def test_a_silent_pbx_is_noticed_by_the_heartbeat(server: FakeAmi, connect: Callable[..., Ami]) -> None:
    server.handlers["Ping"] = lambda _, __: None
    connect(heartbeat=0.1)
    until(lambda: server.logins >= 2)
    assert "Ping" in server.names()


def test_a_quiet_pbx_that_answers_the_heartbeat_keeps_the_link(server: FakeAmi, connect: Callable[..., Ami]) -> None:
    connect(heartbeat=0.05)
    until(lambda: server.names().count("Ping") > 5)
    assert server.logins == 1


def test_a_refused_login_is_tried_again(server: FakeAmi) -> None:
    refuse = lambda fake, action: fake.answer(action, "Error", Message="Authentication failed")  # noqa: E731
    server.handlers["Login"] = refuse
    ami = Ami("127.0.0.1", server.port, "hotline", "wrong").start()
    until(lambda: server.logins >= 2)
    assert not ami.connected
    del server.handlers["Login"]
    assert ami.wait_connected(5)
    ami.close()


def test_variables_of_a_leg_and_repeated_headers() -> None:
    message = parse(b"Event: X\r\nChanVariable: CALLUUID=a=b\r\nDestChanVariable: PARTY=\r\nOutput: 1\r\nOutput: 2")
    assert message == {
        "Event": "X",
        "ChanVariable.CALLUUID": "a=b",
        "DestChanVariable.PARTY": "",
        "Output": "1\n2",
    }
