"""Sound as numbers: wav files to 16-bit mono channels, and samples to what a model of 16 kHz expects."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from asr.errors import BadRecording

Samples = NDArray[np.float32]

_TAPS = 31
# Half-band low pass (windowed sinc, cut at a quarter of the new rate) for doubling 8 kHz.
_N = np.arange(_TAPS) - _TAPS // 2
_HALF_BAND = (np.sinc(_N / 2) * np.hamming(_TAPS)).astype(np.float32)


def samples_of(pcm: bytes) -> Samples:
    """16-bit little-endian PCM as floats from -1 to 1."""
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768)


def at_16_khz(samples: Samples, rate: int) -> Samples:
    """The same sound at 16 kHz, which Whisper and the speech detector expect."""
    if rate == 16000:
        return samples
    if rate == 8000:
        doubled = np.zeros(len(samples) * 2, dtype=np.float32)
        doubled[::2] = samples
        return np.convolve(doubled, _HALF_BAND, mode="same").astype(np.float32)
    positions = np.arange(0, len(samples), rate / 16000)
    return np.interp(positions, np.arange(len(samples)), samples).astype(np.float32)


def read_wav(source: IO[bytes] | Path) -> tuple[int, list[bytes]]:
    """Rate and PCM of each channel of a 16-bit wav file."""
    try:
        with wave.open(str(source) if isinstance(source, Path) else source, "rb") as wav:
            if wav.getsampwidth() != 2 or wav.getframerate() < 8000:
                raise BadRecording("录音必须是 8 kHz 以上、16 位 PCM 的 wav 文件，请先用 sox 转换")
            rate, channels = wav.getframerate(), wav.getnchannels()
            data = np.frombuffer(wav.readframes(wav.getnframes()), dtype="<i2")
    except (wave.Error, EOFError, OSError, ValueError) as error:
        raise BadRecording(f"无法读取 wav 文件（{error}），请检查文件是否完整") from error
    whole = data[: len(data) - len(data) % channels].reshape(-1, channels)
    return rate, [whole[:, channel].tobytes() for channel in range(channels)]
