"""Kokoro-82M (Apache-2.0) on onnxruntime, with Mandarin phonemes by misaki: reading in, 24 kHz speech out."""

from __future__ import annotations

import hashlib
import json
import logging
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from voice import places
from voice.audio import Samples

LONGEST = 510  # phonemes of one piece: the model's context


def available() -> bool:
    """Are the model and the packages that run it there?"""
    packages = ("misaki", "onnxruntime")
    return all(map(find_spec, packages)) and (places.model_dir() / "model.onnx").is_file()


def voices() -> list[str]:
    """The Mandarin voices that are installed."""
    return sorted(path.stem for path in (places.model_dir() / "voices").glob("z[fm]_*.bin"))


@cache
def fingerprint() -> str:
    """Changes with the model: speech rendered by another model is not this model's speech."""
    with (places.model_dir() / "model.onnx").open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def speak(reading: str, voice: str, speed: float) -> Samples:
    """One clause, already free of figures and letters."""
    tokens = _tokens(reading)[:LONGEST]
    style = _style(places.model_dir() / "voices" / f"{voice}.bin")
    feed = {
        "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
        "style": style[min(len(tokens), len(style)) - 1][None, :],
        "speed": np.array([speed], dtype=np.float32),
    }
    return np.asarray(_session().run(None, feed)[0], dtype=np.float32).reshape(-1)


def _tokens(reading: str) -> list[int]:
    phonemes, _ = _phonemiser()(reading)
    vocabulary = _vocabulary()
    return [vocabulary[p] for p in phonemes if p in vocabulary]


@cache
def _phonemiser() -> Any:
    import jieba  # type: ignore[import-untyped]
    from misaki.zh import ZHG2P

    jieba.setLogLevel(logging.WARNING)
    return ZHG2P()


@cache
def _session() -> Any:
    import onnxruntime

    return onnxruntime.InferenceSession(str(places.model_dir() / "model.onnx"), providers=["CPUExecutionProvider"])


@cache
def _vocabulary() -> dict[str, int]:
    text = (places.model_dir() / "vocab.json").read_text(encoding="utf-8")
    return dict(json.loads(text)["vocab"])


@cache
def _style(path: Path) -> Samples:
    if not path.is_file():
        raise ValueError(f"没有名为 {path.stem} 的声音；可用：{'、'.join(voices())}")
    return np.fromfile(path, dtype=np.float32).reshape(-1, 256)
