"""8 kHz sound: A-law (ITU-T G.711), wav files, test tones and how much of a tone is in a piece of sound."""

import time
import wave
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from softphone.errors import PhoneError, PhoneTimeout

if TYPE_CHECKING:
    from softphone.leg import CallLeg

Samples = NDArray[np.int16]

RATE = 8000
FRAME = 160  # samples in the 20 ms that one packet carries
ALAW_SILENCE = b"\xd5"
MAX_DRIFT = RATE // 4  # a stream received further than this off the clock has jumped and is set anew

# One tone a party, far enough apart to be told from each other when all three speak at once.
CITIZEN_HZ, OPERATOR_HZ, DEPARTMENT_HZ = 600, 1000, 1500
TONE_AMPLITUDE = 8000
TONE_THRESHOLD = 2000  # 12 dB under what is sent; a party that is not there measures under 50


def _alaw_table() -> Samples:
    codes = np.arange(256) ^ 0x55
    segment, mantissa = (codes >> 4) & 7, codes & 15
    magnitude = np.where(segment == 0, (mantissa << 4) + 8, ((mantissa << 4) + 0x108) << np.maximum(segment - 1, 0))
    return np.where(codes & 0x80, magnitude, -magnitude).astype(np.int16)


_DECODED = _alaw_table()
_SEGMENT_STARTS = 256 << np.arange(7)


def alaw_decode(data: bytes) -> Samples:
    return _DECODED[np.frombuffer(data, np.uint8)]


def alaw_encode(samples: Samples) -> bytes:
    wide = samples.astype(np.int32)
    magnitude = np.where(wide >= 0, wide, ~wide)
    segment = np.searchsorted(_SEGMENT_STARTS, magnitude, side="right")
    mantissa = (magnitude >> np.maximum(segment + 3, 4)) & 15
    code = (segment << 4) | mantissa | np.where(wide >= 0, 0x80, 0)
    return (code ^ 0x55).astype(np.uint8).tobytes()


def tone(hz: float, seconds: float = 1.0, amplitude: int = TONE_AMPLITUDE) -> Samples:
    """A sine; of whole length and frequency it can be repeated without a click."""
    at = np.arange(round(RATE * seconds)) / RATE
    return np.round(amplitude * np.sin(2 * np.pi * hz * at)).astype(np.int16)


def load_wav(path: Path | str) -> Samples:
    """A 16-bit wav of any rate and number of channels as 8 kHz mono."""
    try:
        with wave.open(str(path), "rb") as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            data = file.readframes(file.getnframes())
    except (wave.Error, EOFError, OSError) as error:
        raise PhoneError(f"cannot read {path} as a wav file: {error}") from error
    if width != 2:
        raise PhoneError(f"{path} has {8 * width} bits a sample; only 16 can be played")
    samples = np.frombuffer(data, "<i2").reshape(-1, channels).mean(axis=1)
    if rate != RATE and len(samples):
        samples = _resample(samples, round(len(samples) * RATE / rate))
    return np.clip(np.round(samples), -32768, 32767).astype(np.int16)


def _resample(samples: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Band-limited: the spectrum cut or padded to the new length."""
    return np.fft.irfft(np.fft.rfft(samples), length) * (length / len(samples))


def save_wav(path: Path | str, samples: Samples) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())


def energy_at(samples: Samples, hz: float) -> float:
    """Amplitude of the tone `hz` in `samples` (one bin of the Fourier transform, as Goertzel's filter gives it)."""
    if not len(samples):
        return 0.0
    turn = np.exp(-2j * np.pi * hz * np.arange(len(samples)) / RATE)
    return float(2 * abs(np.dot(samples, turn)) / len(samples))


def rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples.astype(np.float64))))) if len(samples) else 0.0


def tones(samples: Samples, among: Iterable[int] = (CITIZEN_HZ, OPERATOR_HZ, DEPARTMENT_HZ)) -> set[int]:
    """Which of the parties' tones are heard in `samples`."""
    return {hz for hz in among if energy_at(samples, hz) > TONE_THRESHOLD}


def wait_tone(leg: "CallLeg", hz: float, timeout: float = 15.0, *, present: bool = True) -> None:
    """Return once 200 ms of what `leg` hears hold the tone (or, with `present=False`, half a second without it)."""
    deadline = time.monotonic() + timeout
    window, step = RATE // 5, RATE // 20
    start = leg.mark()
    while time.monotonic() < deadline:
        # A stream may run behind the clock by as much as its place in the record allows.
        heard = leg.heard_since(max(start, leg.mark() - window - MAX_DRIFT - step))
        windows = [heard[at : at + window] for at in range(0, len(heard) - window + 1, step)]
        holds = any(energy_at(each, hz) > TONE_THRESHOLD for each in windows)
        if (present and holds) or (not present and not holds and len(heard) > window + MAX_DRIFT):
            return
        time.sleep(0.04)
    raise PhoneTimeout(f"{leg.name}: the tone of {hz} Hz was {'not' if present else 'still'} heard after {timeout} s")
