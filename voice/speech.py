"""`say`: text to speech, clause by clause, with a cache so that nothing is ever rendered twice."""

from __future__ import annotations

import hashlib
import warnings

import numpy as np

from voice import espeak, kokoro, places, words
from voice.audio import PHONE_RATE, SPEECH_RATE, Samples, read_wav, telephone, trimmed, write_wav
from voice.reading import clauses, reading

DEFAULT_VOICE = "zf_xiaobei"
# Part of every cache key: raise it when the sound of the same text changes.
RECIPE = 2
PAUSE_SECONDS = {"。": 0.35, "！": 0.35, "？": 0.35, "；": 0.3, "：": 0.2, "，": 0.15, "、": 0.1}


def say(text: str, voice: str = DEFAULT_VOICE, speed: float = 1.0) -> Samples:
    """Speech at 24 kHz; from the cache where the same text, voice, speed and model spoke before."""
    said = reading(text)
    if not any("\u4e00" <= c <= "\u9fff" for c in said):
        raise ValueError(f"没有可以朗读的内容:{text!r}")
    cached = places.speech_cache() / f"{cache_key(said, voice, speed)}.wav"
    if not cached.is_file():
        write_wav(cached, _render(said, voice, speed), SPEECH_RATE)
    return read_wav(cached)[0]


def say_on_phone(
    text: str, voice: str = DEFAULT_VOICE, speed: float = 1.0, *, noise_db: float | None = None, seed: int = 0
) -> Samples:
    """A caller's statement as the exchange hears it: 8 kHz, telephone band, noise at that SNR."""
    return telephone(say(text, voice, speed), noise_db=noise_db, seed=seed)


def cache_key(said: str, voice: str, speed: float) -> str:
    """Names the sound of a reading; changes with everything that changes the sound."""
    synthesiser = kokoro.fingerprint() if kokoro.available() else "espeak"
    return hashlib.sha256(repr((RECIPE, synthesiser, said, voice, speed)).encode()).hexdigest()


def _render(said: str, voice: str, speed: float) -> Samples:
    if len(said) <= words.LONGEST and kokoro.available():
        word = words.speak_word(said.rstrip("".join(PAUSE_SECONDS)), lambda s: kokoro.speak(s, voice, speed))
        if word is not None:
            return word
    parts: list[Samples] = []
    for clause in clauses(said):
        parts.append(trimmed(_speak(clause, voice, speed)))
        pause = PAUSE_SECONDS.get(clause[-1], 0) / speed
        parts.append(np.zeros(int(pause * SPEECH_RATE), dtype=np.float32))
    return np.concatenate(parts)


def _speak(clause: str, voice: str, speed: float) -> Samples:
    if kokoro.available():
        return kokoro.speak(clause, voice, speed)
    if not espeak.available():
        raise RuntimeError("没有语音模型，也没有 espeak-ng，无法生成语音；请先运行 make setup")
    warnings.warn(
        "没有找到 Kokoro 语音模型，改用 espeak-ng 拼音合成，群众听起来会很吃力；运行 make setup 可取得语音模型",
        stacklevel=3,
    )
    return espeak.speak(clause, speed)


__all__ = ["DEFAULT_VOICE", "PHONE_RATE", "SPEECH_RATE", "cache_key", "say", "say_on_phone"]
