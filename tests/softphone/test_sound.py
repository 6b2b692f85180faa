"""Sound and its measures, against known values and against sox's A-law."""

import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from softphone import PhoneError, energy_at, load_wav, rms, save_wav, tone, tones
from softphone.sound import alaw_decode, alaw_encode

pytestmark = pytest.mark.unit


def test_alaw_is_what_sox_says_it_is(tmp_path: Path) -> None:
    every = np.arange(-32768, 32768, dtype=np.int16)
    save_wav(tmp_path / "every.wav", every)
    subprocess.run(["sox", "-D", "every.wav", "-t", "al", "every.al"], cwd=tmp_path, check=True, timeout=30)
    sox = (tmp_path / "every.al").read_bytes()
    ours = alaw_encode(every)
    # sox rounds to 13 bits where the reference cuts; decoded, the two are at most one step of the scale apart.
    assert sum(a == b for a, b in zip(ours, sox, strict=True)) > 0.97 * len(ours)
    codes = bytes(range(256))
    (tmp_path / "codes.al").write_bytes(codes)
    command = ["sox", "-D", "-r", "8000", "-c", "1", "-t", "al", "codes.al", "-b", "16", "codes.wav"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=30)
    assert (alaw_decode(codes) == load_wav(tmp_path / "codes.wav")).all()
    assert alaw_encode(alaw_decode(codes)) == codes


def test_energy_is_the_amplitude_of_the_tone() -> None:
    mixed = tone(600) + tone(1500, amplitude=3000)
    assert energy_at(mixed, 600) == pytest.approx(8000, rel=0.001)
    assert energy_at(mixed, 1500) == pytest.approx(3000, rel=0.001)
    assert energy_at(mixed, 1000) < 1
    assert tones(mixed) == {600, 1500}
    assert rms(tone(600)) == pytest.approx(8000 / 2**0.5, rel=0.001)
    assert energy_at(tone(600)[:0], 600) == rms(tone(600)[:0]) == 0.0


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16000, 1), (44100, 2)])
def test_any_wav_is_read_as_8_khz_mono(tmp_path: Path, rate: int, channels: int) -> None:
    at = np.arange(rate) / rate
    samples = np.repeat(np.round(5000 * np.sin(2 * np.pi * 600 * at)), channels).astype("<i2")
    with wave.open(str(tmp_path / "x.wav"), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    read = load_wav(tmp_path / "x.wav")
    assert len(read) == 8000
    assert energy_at(read, 600) == pytest.approx(5000, rel=0.01)


def test_what_is_no_wav_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "no.wav").write_text("no sound")
    with pytest.raises(PhoneError, match=r"no\.wav"):
        load_wav(tmp_path / "no.wav")
    with pytest.raises(PhoneError, match=r"absent\.wav"):
        load_wav(tmp_path / "absent.wav")
