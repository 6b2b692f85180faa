"""One call in the hands of a script: answering and ending it, speaking, listening, keys and hold."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from softphone.dialog import Dialog, State
from softphone.errors import CallFailed, PhoneError
from softphone.media import DIGITS
from softphone.sip import PHRASES
from softphone.sound import RATE, Samples, alaw_decode, alaw_encode, load_wav, save_wav, tone

if TYPE_CHECKING:
    from softphone.phone import Phone

_LATE = 0.06  # how long after its time the last packet of a stretch of sound may still come


class CallLeg:
    """Made by a phone; every wait has a time limit, every method may be called from any thread."""

    def __init__(self, phone: "Phone", dialog: Dialog) -> None:
        self.name = phone.name
        self.dialog = dialog
        self._phone = phone
        self._media = dialog.media

    # -- what is known of the call -----------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        return self.dialog.state

    @property
    def status(self) -> int:
        """The last SIP status of the call."""
        return self.dialog.status

    @property
    def cause(self) -> int | None:
        """The Q.850 cause with which the far end hung up, where it said one."""
        return self.dialog.cause

    @property
    def ended_by(self) -> str:
        """ "us" or "them", empty while the call lives."""
        return self.dialog.ended_by

    @property
    def caller_number(self) -> str:
        return self.dialog.caller_number

    @property
    def called_number(self) -> str:
        return self.dialog.called_number

    @property
    def digits(self) -> str:
        """All the keys the far end has pressed (RFC 4733)."""
        return self._media.digits

    # -- waiting -----------------------------------------------------------------------------------------------------

    def wait_ringing(self, timeout: float = 5.0) -> "CallLeg":
        self._phone.wait_for(lambda: self.state is not State.CALLING, timeout, "ringing")
        return self._unless_failed() if self.state is State.ENDED else self

    def wait_answered(self, timeout: float = 10.0) -> "CallLeg":
        """Raises CallFailed with the status where the far end refuses or gives up."""
        self._phone.wait_for(lambda: self.state in (State.ANSWERED, State.ENDED), timeout, "answer")
        return self._unless_failed()

    def wait_ended(self, timeout: float = 10.0) -> None:
        self._phone.wait_for(lambda: self.state is State.ENDED, timeout, "end of the call")

    def wait_digits(self, digits: str, timeout: float = 5.0) -> None:
        """Return once the keys the far end has pressed end with `digits`."""
        self._phone.wait_for(lambda: self.digits.endswith(digits), timeout, f"keys {digits}")

    def _unless_failed(self) -> "CallLeg":
        if not self.dialog.answered_at:
            raise CallFailed(self.name, self.status, PHRASES.get(self.status, ""))
        return self

    # -- taking and ending the call ----------------------------------------------------------------------------------

    def answer(self, timeout: float = 5.0) -> "CallLeg":
        with self._phone.lock:
            self._need(State.RINGING)
            self.dialog.accept()
        return self.wait_answered(timeout)

    def reject(self, status: int = 486) -> None:
        """Refuse a ringing call: 486 busy, 603 decline, 480 not available."""
        with self._phone.lock:
            self._need(State.RINGING)
            self.dialog.refuse(status)

    def hang_up(self, timeout: float = 5.0) -> None:
        """End the call whatever its state; a call that is over already is no error."""
        with self._phone.lock:
            self.dialog.start_ending()
        self.wait_ended(timeout)

    def vanish(self) -> None:
        """Fall silent without a word, as a phone that lost power: no BYE, and no answer to anything more."""
        self._phone.forget(self)

    def _need(self, state: State) -> None:
        if self.state is not state:
            raise PhoneError(f"{self.name}: the call is {self.state.value}, not {state.value}")

    # -- speaking ----------------------------------------------------------------------------------------------------

    def play(self, sound: Path | str | Samples, *, loop: bool = False) -> None:
        """Speak a wav file or samples of 8 kHz from now on, once or again and again; then silence."""
        samples = load_wav(sound) if isinstance(sound, Path | str) else sound
        with self._phone.lock:
            self._media.play(alaw_encode(samples), loop=loop)

    def tone(self, hz: int) -> None:
        """Send a tone until told otherwise."""
        self.play(tone(hz), loop=True)

    def silence(self) -> None:
        with self._phone.lock:
            self._media.play(b"", loop=False)

    def wait_played(self, timeout: float = 60.0) -> None:
        over = "end of what is played"
        self._phone.wait_for(lambda: not self._media.playing or self.state is State.ENDED, timeout, over)

    def send_dtmf(self, digits: str, *, method: str = "rfc4733", timeout: float = 10.0) -> None:
        """Press keys and return when they are sent; `method` is "rfc4733" (in the sound) or "info" (SIP)."""
        if method not in ("rfc4733", "info"):
            raise ValueError(f"unknown way to send digits: {method}")
        if not set(digits) <= set(DIGITS):
            raise ValueError(f"not keys of a telephone: {digits}")
        with self._phone.lock:
            self._need(State.ANSWERED)
            if method == "rfc4733":
                self._media.dial(digits)
        if method == "rfc4733":
            over = "end of dialling"
            self._phone.wait_for(lambda: not self._media.dialling or self.state is State.ENDED, timeout, over)
            return
        for digit in digits:
            with self._phone.lock:
                info = self.dialog.build("INFO")
                info.headers.append(("Content-Type", "application/dtmf-relay"))
                info.body = f"Signal={digit}\r\nDuration=160\r\n"
            _, response = self._phone.exchange(info, self.dialog.peer, timeout)
            if response.status >= 300:
                raise PhoneError(f"{self.name}: a key by INFO was refused with {response.status} {response.phrase}")

    # -- listening ---------------------------------------------------------------------------------------------------

    def mark(self) -> int:
        """This moment, for `heard_since`."""
        return self._media.now()

    def heard_since(self, mark: int, until: int | None = None) -> Samples:
        """What came from the far end since the mark, 8000 samples a second by the clock; silence where nothing came."""
        with self._phone.lock:
            return alaw_decode(self._media.record(mark, self.mark() if until is None else until))

    def heard(self, seconds: float) -> Samples:
        """Listen for so long from now and return what came."""
        mark = self.mark()
        time.sleep(seconds + _LATE)
        return self.heard_since(mark, mark + round(seconds * RATE))

    def ended_mark(self) -> int:
        """The mark of the end of the call; now, while it lives."""
        dialog = self.dialog
        return round((dialog.ended_at - dialog.invited_at) * RATE) if dialog.ended_at else self.mark()

    def save_heard(self, path: Path | str, since: int = 0) -> None:
        """Write what was heard (since the mark) until now, or until the call ended, as a wav file."""
        save_wav(path, self.heard_since(since, self.ended_mark()))

    # -- hold --------------------------------------------------------------------------------------------------------

    def hold(self, timeout: float = 5.0) -> None:
        """Put the far end on hold: a new description that sends only, and no more packets."""
        self._renegotiate("sendonly", timeout)
        self._media.on_hold = True

    def resume(self, timeout: float = 5.0) -> None:
        self._renegotiate("sendrecv", timeout)
        self._media.on_hold = False

    def _renegotiate(self, direction: str, timeout: float) -> None:
        with self._phone.lock:
            self._need(State.ANSWERED)
            invite = self.dialog.build_reinvite(direction)
        request, response = self._phone.exchange(invite, self.dialog.peer, timeout)
        if response.status >= 300:
            raise PhoneError(f"{self.name}: hold or resume was refused with {response.status} {response.phrase}")
        with self._phone.lock:
            self.dialog.take_answer(request, response)
