"""The last resort where no voice model is: espeak-ng speaking pinyin; understood with effort."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from pypinyin import Style, lazy_pinyin

from voice.audio import SPEECH_RATE, Samples, read_wav

WORDS_PER_MINUTE = 150


def available() -> bool:
    return shutil.which("espeak-ng") is not None


def speak(reading: str, speed: float) -> Samples:
    """One clause; espeak-ng reads numbered pinyin, as its reading of characters is broken in Debian 12."""
    pinyin = " ".join(lazy_pinyin(reading, style=Style.TONE3, neutral_tone_with_five=True))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "say.wav"
        rate = str(int(WORDS_PER_MINUTE * speed))
        command = ["espeak-ng", "-v", "cmn-latn-pinyin", "-s", rate, "-w", str(out), "--", pinyin]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        samples, got = read_wav(out)
    length = int(samples.size * SPEECH_RATE / got)
    positions = np.linspace(0, samples.size - 1, length)
    return np.interp(positions, np.arange(samples.size), samples).astype(np.float32)
