"""Two phones without a server between them: SIP details that Asterisk would hide."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from softphone import CITIZEN_HZ, CallFailed, Phone, PhoneError, energy_at, load_wav, save_wav, tone, wait_tone
from softphone.sip import Message, digest_answer

pytestmark = pytest.mark.unit


@pytest.fixture
def called() -> Iterator[Phone]:
    with Phone("called") as phone:
        yield phone


@pytest.fixture
def caller(called: Phone) -> Iterator[Phone]:
    with Phone("caller", (called.ip, called.port)) as phone:
        yield phone


@pytest.mark.parametrize("status", [404, 480, 486, 603])
def test_the_caller_sees_the_very_status(caller: Phone, called: Phone, status: int) -> None:
    called.auto_reject(status)
    with pytest.raises(CallFailed) as failure:
        caller.call("1")
    assert failure.value.status == status


def test_hold_lasts_through_a_new_description_of_the_far_end(caller: Phone, called: Phone) -> None:
    called.auto_answer()
    near = caller.call("1")
    far = called.wait_ring()
    near.tone(CITIZEN_HZ)
    wait_tone(far, CITIZEN_HZ)
    near.hold()
    far.hold()
    far.resume()
    assert energy_at(far.heard(0.3), CITIZEN_HZ) < 50
    near.resume()
    wait_tone(far, CITIZEN_HZ)


def test_only_keys_can_be_pressed(caller: Phone, called: Phone) -> None:
    called.auto_answer()
    leg = caller.call("1")
    with pytest.raises(ValueError, match="not keys"):
        leg.send_dtmf("x")
    with pytest.raises(ValueError, match="unknown way"):
        leg.send_dtmf("1", method="whistle")


def test_what_is_sent_twice_is_acted_on_once(called: Phone) -> None:
    invite = (
        b"INVITE sip:1@127.0.0.1 SIP/2.0\r\nv: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKone\r\n"
        b"f: <sip:2@127.0.0.1>;tag=a\r\nt: <sip:1@127.0.0.1>\r\ni: one@here\r\nCSeq: 1 INVITE\r\n"
        b"m: <sip:2@127.0.0.1:9>\r\nl: 0\r\n\r\n"
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.settimeout(2)
        for _ in range(2):
            other.sendto(invite, (called.ip, called.port))
            assert Message.parse(other.recv(4096)).status == 180
        leg = called.wait_ring()
        with pytest.raises(PhoneError, match="no incoming call"):
            called.wait_ring(0.2)
        leg.reject()
        assert Message.parse(other.recv(4096)).status == 486
        assert Message.parse(other.recv(4096)).status == 486  # again, since no ACK came


def test_garbage_harms_nobody(caller: Phone, called: Phone) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        for data in (b"", b"\xff" * 50, b"INVITE\r\n\r\n", b"INVITE sip:1 SIP/2.0\r\n\r\n", b"SIP/2.0 abc\r\n\r\n"):
            other.sendto(data, (called.ip, called.port))
    called.auto_answer(play=tone(CITIZEN_HZ))
    wait_tone(caller.call("1"), CITIZEN_HZ)


def test_a_sound_not_in_alaw_is_refused(caller: Phone, called: Phone) -> None:
    invite = caller.dial("1").wait_ringing().dialog.invite
    headers = {**dict(invite.headers), "Via": f"{invite.get('Via')}x", "Call-ID": "other@here"}
    other = Message(invite.start, list(headers.items()), invite.body.replace("RTP/AVP 8 101", "RTP/AVP 0"))
    assert caller.exchange(other, caller.server, 2)[1].status == 488


def test_a_digest_is_answered_with_the_known_value() -> None:
    """Without qop the answer holds no chance value, so it can be compared."""
    ask = Message(
        "SIP/2.0 401 Unauthorized",
        [("WWW-Authenticate", 'Digest realm="biloxi.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"')],
    )
    answer = digest_answer(ask, method="INVITE", uri="sip:bob@biloxi.com", user="bob", password="zanzibar")
    assert answer is not None
    assert answer[0] == "Authorization"
    assert 'response="bf57e4e0d0bffc0fbaedce64d59add5e"' in answer[1]
    unknown = Message("SIP/2.0 401 Unauthorized", [("WWW-Authenticate", 'Digest realm="a", algorithm=X, nonce="b"')])
    assert digest_answer(unknown, method="INVITE", uri="sip:a", user="a", password="b") is None


def test_the_command_calls_plays_presses_and_records(called: Phone, tmp_path: Path) -> None:
    called.auto_answer(play=tone(CITIZEN_HZ))
    save_wav(tmp_path / "say.wav", tone(1000, 0.3))
    server = f"{called.ip}:{called.port}"
    command = [sys.executable, "-m", "softphone", "call", "1", "--server", server, "--play", str(tmp_path / "say.wav")]
    command += ["--dtmf", "7", "--seconds", "1", "--record", str(tmp_path / "heard.wav")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        leg = called.wait_ring()
        wait_tone(leg, 1000)
        leg.wait_digits("7")
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "answered" in said
    assert "hung up" in said
    assert energy_at(load_wav(tmp_path / "heard.wav")[800:], CITIZEN_HZ) > 7000


def test_the_command_says_why_it_failed(called: Phone) -> None:
    called.auto_reject(603)
    command = [sys.executable, "-m", "softphone", "call", "1", "--server", f"{called.ip}:{called.port}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "603 Decline" in done.stdout
