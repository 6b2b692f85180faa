"""Whisper by CTranslate2: not a streaming engine, so the gate's utterances are decoded whole.

Two things make it affordable on a telephone line: only as many seconds are encoded as were spoken
(Whisper's own way is always 30), and interim text decoded in a pause is the final text if nothing follows.
"""

from __future__ import annotations

import math
import re
import zlib
from pathlib import Path

import ctranslate2  # type: ignore[import-untyped]
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer

from asr.audio import Samples, at_16_khz, samples_of
from asr.engine import Result
from asr.text import loops, normalise

_FRAMES_PER_SECOND = 100
_WINDOW = 30 * _FRAMES_PER_SECOND
# Frames of nothing after the speech. With few the model tends to loop, so a doubtful text is tried with more.
_PADDINGS = (200, 1500, _WINDOW)
_TOKENS_PER_SECOND = 12
# From Whisper's own decoding (Radford et al. 2022, section 4.5).
_NO_SPEECH, _NO_SPEECH_LOGPROB, _COMPRESSION = 0.6, -1.0, 2.4
_HOPELESS_LOGPROB = -1.6
# What the model writes over noise, learnt from subtitles of films.
_PHANTOMS = re.compile(
    r"(字幕|谢谢(大家|您的|你的|你们的)?(观看|收看|收听)|请不吝点赞|订阅|转发|打赏|明镜|点点栏目|Amara|志愿者提供|中文字幕|优优独播)"
)


class WhisperEngine:
    """One model in memory; as many decodings at once as there are workers."""

    name = "whisper"
    interim_seconds = 1.5

    def __init__(self, folder: Path, workers: int = 1) -> None:
        self.model = folder.name
        self._whisper = WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=1, num_workers=workers, local_files_only=True
        )
        self._tokenizer = Tokenizer(self._whisper.hf_tokenizer, True, task="transcribe", language="zh")
        self._prompt = [*self._tokenizer.sot_sequence, self._tokenizer.no_timestamps]

    def stream(self, rate: int) -> WhisperStream:
        return WhisperStream(self, rate)

    def decode(self, sound: Samples) -> tuple[str, float]:
        """Text and mean log probability of one utterance; no text where nobody spoke."""
        features = self._whisper.feature_extractor(sound, padding=0)[:, :_WINDOW]
        best = ("", -math.inf)
        for padding in _PADDINGS:
            text, score, silent = self._decode_padded(features, padding, len(sound) / 16000)
            if silent or _PHANTOMS.search(text):
                return "", score
            if not _doubtful(text):
                return text, score
            best = max(best, (_unlooped(text), score), key=lambda attempt: attempt[1])
        return best

    def _decode_padded(self, features: Samples, padding: int, seconds: float) -> tuple[str, float, bool]:
        frames = min(_WINDOW, features.shape[1] + padding)
        frames += frames % 2  # the encoder halves the frame rate
        padded = np.pad(features, ((0, 0), (0, max(0, frames - features.shape[1]))))
        encoded = self._whisper.model.encode(ctranslate2.StorageView.from_array(np.ascontiguousarray(padded[None])))
        answer = self._whisper.model.generate(
            encoded,
            [self._prompt],
            beam_size=5,
            max_length=len(self._prompt) + 16 + int(seconds * _TOKENS_PER_SECOND),
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        score = answer.scores[0]
        silent = answer.no_speech_prob > _NO_SPEECH and score < _NO_SPEECH_LOGPROB
        text = self._tokenizer.decode(answer.sequences_ids[0]).strip()
        return text, score, silent or score < _HOPELESS_LOGPROB


def _doubtful(text: str) -> bool:
    data = text.encode()
    return loops(text) or len(data) / max(1, len(zlib.compress(data))) > _COMPRESSION


def _unlooped(text: str) -> str:
    """A text that still loops keeps one round of it."""
    return re.sub(r"(.{1,30}?)\1{2,}", r"\1", text)


class WhisperStream:
    """Gathers one utterance at a time."""

    def __init__(self, engine: WhisperEngine, rate: int) -> None:
        self._engine, self._rate = engine, rate
        self._pcm = bytearray()
        self._decoded: tuple[str, float] | None = None

    def accept(self, pcm: bytes) -> list[Result]:
        self._pcm += pcm
        self._decoded = None
        return []

    def interim(self) -> str:
        return self._decode()[0]

    def finish(self) -> list[Result]:
        text, score = self._decode()
        length_ms = len(self._pcm) * 500 // self._rate
        self._pcm.clear()
        self._decoded = None
        return [Result(text, 0, length_ms, round(math.exp(min(0.0, score)), 3))] if text else []

    def _decode(self) -> tuple[str, float]:
        if self._decoded is None:
            text, score = self._engine.decode(at_16_khz(samples_of(bytes(self._pcm)), self._rate))
            self._decoded = normalise(text), score
        return self._decoded
