"""Vosk: streaming recognition, the first engine."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import vosk

from asr.engine import Result
from asr.protocol import Word
from asr.text import normalise

_BETWEEN_HAN = re.compile(r"(?<=[\u4e00-\u9fff]) +(?=[\u4e00-\u9fff])")


class VoskEngine:
    """A Vosk model; its library lets other threads run while it decodes."""

    name = "vosk"
    interim_seconds = 0.3

    def __init__(self, folder: Path) -> None:
        vosk.SetLogLevel(-1)
        self.model = folder.name
        self._model = vosk.Model(str(folder))

    def stream(self, rate: int) -> VoskStream:
        return VoskStream(self._model, rate)


class VoskStream:
    """One recogniser for the whole tap: a new one for each utterance would cost its graph again."""

    def __init__(self, model: Any, rate: int) -> None:
        self._recogniser = vosk.KaldiRecognizer(model, rate)
        self._recogniser.SetWords(True)
        self._bytes_per_ms = rate * 2 / 1000
        self._fed = self._utterance_from = 0

    def accept(self, pcm: bytes) -> list[Result]:
        self._fed += len(pcm)
        if self._recogniser.AcceptWaveform(pcm):
            return self._results(self._recogniser.Result())
        return []

    def interim(self) -> str:
        return _text(json.loads(self._recogniser.PartialResult()).get("partial", ""))

    def finish(self) -> list[Result]:
        results = self._results(self._recogniser.FinalResult())
        self._utterance_from = self._fed
        return results

    def _results(self, answer: str) -> list[Result]:
        data = json.loads(answer)
        text = _text(data.get("text", ""))
        if not text:
            return []
        # Vosk counts its times over everything ever fed, the gate's utterances begin at zero.
        offset = self._utterance_from / self._bytes_per_ms
        words = [
            Word(w["word"], int(w["start"] * 1000 - offset), int(w["end"] * 1000 - offset), round(w["conf"], 3))
            for w in data.get("result", [])
        ]
        if not words:
            return [Result(text, 0, int((self._fed - self._utterance_from) / self._bytes_per_ms))]
        confidence = sum(word.confidence or 0 for word in words) / len(words)
        return [Result(text, words[0].start_ms, words[-1].end_ms, round(confidence, 3), words)]


def _text(text: str) -> str:
    return normalise(_BETWEEN_HAN.sub("", text.replace("<UNK>", "").replace("[UNK]", "")).strip())
