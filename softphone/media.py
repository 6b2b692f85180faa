"""The sound of one call leg: RTP out at 20 ms a frame, RTP in onto a clock-true record, digits both ways (RFC 4733)."""

import secrets
import socket
import struct
import time
from collections import deque

from softphone.sip import MediaTarget
from softphone.sound import ALAW_SILENCE, FRAME, MAX_DRIFT, RATE

_ALAW = 8
DIGITS = "0123456789*#ABCD"
_DIGIT_FRAMES, _END_PACKETS, _GAP_FRAMES = 5, 3, 4  # 100 ms of digit, its end said three times, 80 ms of pause
_SILENT_FRAME = ALAW_SILENCE * FRAME


class Media:
    """Not thread-safe: the phone holds its lock around every call."""

    def __init__(self, bind_ip: str) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((bind_ip, 0))
        self.socket.setblocking(False)
        self.ip, self.port = self.socket.getsockname()
        self.target: MediaTarget | None = None
        self.on_hold = False
        self.packets_sent = self.packets_received = 0
        self.digits = ""
        self._sound, self._at, self._loop = b"", 0, False
        self._events: deque[tuple[bytes, bool] | None] = deque()
        self._sequence, self._timestamp = secrets.randbits(15), secrets.randbits(31)
        self._event_timestamp = 0
        self._ssrc = secrets.randbits(32)
        self._began = time.monotonic()
        self._record = bytearray()
        self._stream: tuple[int, int, int] | None = None  # (ssrc, first timestamp, its place in the record)
        self._last_digit = -1

    # -- sending -----------------------------------------------------------------------------------------------------

    def play(self, alaw: bytes, *, loop: bool) -> None:
        """Send `alaw` from the next frame on; silence follows unless it is repeated."""
        self._sound, self._at, self._loop = alaw, 0, loop

    @property
    def playing(self) -> bool:
        return bool(self._sound) and not self._loop

    @property
    def dialling(self) -> bool:
        return bool(self._events)

    def dial(self, digits: str) -> None:
        for digit in digits:
            event = DIGITS.index(digit)
            for n in range(1, _DIGIT_FRAMES + 1):
                self._events.append((struct.pack("!BBH", event, 10, n * FRAME), n == 1))
            end = struct.pack("!BBH", event, 0x80 | 10, _DIGIT_FRAMES * FRAME)
            self._events.extend([(end, False)] * _END_PACKETS)
            self._events.extend([None] * _GAP_FRAMES)

    def send_frame(self) -> None:
        """Called every 20 ms; time goes on in silence too, and stands for nothing while on hold."""
        self._timestamp = (self._timestamp + FRAME) & 0xFFFFFFFF
        if self.target is None or self.on_hold or not self.target.wants_sound:
            return
        event = self._events.popleft() if self._events else None
        if event is not None:
            payload, first = event
            if first:
                self._event_timestamp = self._timestamp
            self._send(self.target.event_type or 101, self._event_timestamp, payload, marker=first)
        else:
            self._send(_ALAW, self._timestamp, self._next_sound())

    def _next_sound(self) -> bytes:
        frame = self._sound[self._at : self._at + FRAME]
        self._at += FRAME
        if self._loop and self._sound:
            while len(frame) < FRAME:
                self._at = FRAME - len(frame)
                frame += self._sound[: self._at]
        elif self._at >= len(self._sound):
            self._sound = b""
        return frame + _SILENT_FRAME[len(frame) :]

    def _send(self, kind: int, timestamp: int, payload: bytes, *, marker: bool = False) -> None:
        assert self.target is not None
        self._sequence = (self._sequence + 1) & 0xFFFF
        head = struct.pack("!BBHII", 0x80, kind | (marker << 7), self._sequence, timestamp, self._ssrc)
        try:
            self.socket.sendto(head + payload, (self.target.ip, self.target.port))
        except BlockingIOError:
            return  # a full buffer loses the frame, as a network would
        self.packets_sent += 1

    # -- receiving ---------------------------------------------------------------------------------------------------

    def now(self) -> int:
        """Where the clock stands on the record, in samples since the leg began."""
        return int((time.monotonic() - self._began) * RATE)

    def receive(self) -> None:
        """Take every packet that waits."""
        while self.socket.fileno() >= 0:
            try:
                packet, source = self.socket.recvfrom(2048)
            except BlockingIOError:
                return
            # Only from where the description said: ports are used again, and a stream of an earlier call may linger.
            if self.target and source == (self.target.ip, self.target.port) and len(packet) > 12:
                self._take(packet)

    def _take(self, packet: bytes) -> None:
        first, kind, _, timestamp, ssrc = struct.unpack_from("!BBHII", packet)
        payload = packet[12 + 4 * (first & 15) :]
        if kind & 127 == _ALAW:
            self.packets_received += 1
            self._place(ssrc, timestamp, payload)
        elif self.target and kind & 127 == self.target.event_type and len(payload) >= 4:
            event, flags = payload[0], payload[1]
            if flags & 0x80 and timestamp != self._last_digit and event < len(DIGITS):
                self._last_digit = timestamp
                self.digits += DIGITS[event]

    def _place(self, ssrc: int, timestamp: int, payload: bytes) -> None:
        """Lay a packet where its timestamp puts it, so that lateness and disorder leave the sound as it was sent."""
        arrived = max(self.now() - len(payload), 0)
        place = -1
        if self._stream and self._stream[0] == ssrc:
            since = ((timestamp - self._stream[1] + 0x80000000) & 0xFFFFFFFF) - 0x80000000
            place = self._stream[2] + since
        if place < 0 or abs(place - arrived) > MAX_DRIFT:
            self._stream, place = (ssrc, timestamp, arrived), arrived
        if place > len(self._record):
            self._record += ALAW_SILENCE * (place - len(self._record))
        self._record[place : place + len(payload)] = payload

    def record(self, start: int, end: int) -> bytes:
        """What came between two places of the record, silence where nothing did."""
        heard = bytes(self._record[start:end])
        return heard + ALAW_SILENCE * (max(end - start, 0) - len(heard))

    def close(self) -> None:
        self.socket.close()
