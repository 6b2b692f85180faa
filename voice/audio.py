"""Sound as float32 arrays: rate, level, silence, the telephone's band, and wav files."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

SPEECH_RATE = 24_000
PHONE_RATE = 8_000
# The level of Asterisk's own English prompts (measured -19.7 to -21.3 dBFS), so that mixed
# announcements do not jump.
PROMPT_LEVEL = -20.0
HIGHEST_PEAK = 10 ** (-2 / 20)
SILENCE = 10 ** (-45 / 20)


def decimate(samples: Samples, rate: int, to_rate: int) -> Samples:
    """To a lower rate that divides the given one, behind a low-pass at 95 % of the new half rate."""
    if rate == to_rate:
        return samples
    step, rest = divmod(rate, to_rate)
    if rest:
        raise ValueError(f"{rate} Hz is no multiple of {to_rate} Hz")
    return _filter(samples, _low_pass(0.95 * to_rate / 2, rate))[::step]


def telephone(samples: Samples, *, noise_db: float | None = None, seed: int = 0) -> Samples:
    """24 kHz speech as a telephone passes it: 8 kHz, 300-3400 Hz (ITU-T G.712), with noise at that SNR."""
    narrow = decimate(samples, SPEECH_RATE, PHONE_RATE)
    band = _low_pass(3400, PHONE_RATE) - _low_pass(300, PHONE_RATE)
    heard = _filter(narrow, band)
    if noise_db is not None:
        noise = np.random.default_rng(seed).standard_normal(heard.size, dtype=np.float32)
        heard = heard + noise * np.float32(level(heard) * 10 ** (-noise_db / 20))
    return np.clip(heard, -1, 1)


def level(samples: Samples) -> float:
    """Root mean square of the spoken parts (20 ms frames above silence); 0 when there are none."""
    frames = samples[: samples.size // 480 * 480].reshape(-1, 480)
    power = (frames**2).mean(axis=1) if frames.size else np.zeros(0)
    spoken = power[power > SILENCE**2]
    return float(np.sqrt(spoken.mean())) if spoken.size else 0.0


def normalised(samples: Samples, decibels: float = PROMPT_LEVEL) -> Samples:
    """Brought to a level, less where a peak would clip."""
    loud = level(samples)
    if loud == 0:
        return samples
    gain = min(10 ** (decibels / 20) / loud, HIGHEST_PEAK / float(np.abs(samples).max()))
    return (samples * gain).astype(np.float32)


def trimmed(samples: Samples, keep: float = 0.05, rate: int = SPEECH_RATE) -> Samples:
    """Without the silence at both ends, but for `keep` seconds."""
    loud = np.flatnonzero(np.abs(samples) > SILENCE)
    if not loud.size:
        return samples
    margin = int(keep * rate)
    return samples[max(0, loud[0] - margin) : loud[-1] + margin]


def tone(hertz: float, seconds: float, rate: int = SPEECH_RATE) -> Samples:
    """A pure tone with 5 ms ramps."""
    time = np.arange(int(seconds * rate)) / rate
    ramp = np.clip(np.minimum(time, seconds - time) / 0.005, 0, 1)
    return (0.2 * np.sin(2 * np.pi * hertz * time) * ramp).astype(np.float32)


def write_wav(path: Path, samples: Samples, rate: int) -> None:
    """16-bit mono, put in its place whole: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    building = path.with_name(f".{path.name}.building")
    with wave.open(str(building), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    building.replace(path)


def read_wav(path: Path) -> tuple[Samples, int]:
    """Samples and rate of a 16-bit mono wav."""
    with wave.open(str(path), "rb") as wav:
        data = wav.readframes(wav.getnframes())
        return (np.frombuffer(data, "<i2") / 32768).astype(np.float32), wav.getframerate()


def _low_pass(hertz: float, rate: int, taps: int = 255) -> NDArray[np.float64]:
    """Windowed-sinc low-pass (Blackman), unity gain at 0 Hz."""
    n = np.arange(taps) - taps // 2
    kernel = np.sinc(2 * hertz / rate * n) * np.blackman(taps)
    return np.asarray(kernel / kernel.sum())


def _filter(samples: Samples, kernel: NDArray[np.float64]) -> Samples:
    if samples.size < kernel.size:
        samples = np.pad(samples, (0, kernel.size - samples.size))
    return np.convolve(samples, kernel, mode="same").astype(np.float32)
