"""The speech detector silero, whose model ships with faster-whisper; run one window at a time with its own state."""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from asr.audio import at_16_khz, samples_of
from asr.gate import Detector

log = logging.getLogger(__name__)
_CONTEXT = 64  # samples of the window before that the model wants to see again


def make_detector(rate: int) -> Detector | None:
    """A detector for one tap, or None where silero is not installed or the rate is unusual."""
    session = _session()
    return Silero(session, rate) if session is not None and rate in (8000, 16000) else None


@cache
def _session() -> Any:
    try:
        import faster_whisper
        import onnxruntime
    except ImportError:
        log.warning("silero is not installed: speech is told from silence by energy alone")
        return None
    model = Path(faster_whisper.__file__).parent / "assets" / "silero_vad_v6.onnx"
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


class Silero:
    """Probability of speech for each 32 ms window of one tap."""

    def __init__(self, session: Any, rate: int) -> None:
        self._session, self._rate = session, rate
        self._zeros = np.zeros((1, 1, 128), dtype=np.float32)
        self._h = self._c = self._zeros
        self._context = np.zeros(_CONTEXT, dtype=np.float32)

    def __call__(self, window: bytes | None) -> float:
        if window is None:
            self._reset()
            return 0.0
        sound = at_16_khz(samples_of(window), self._rate)
        inputs = {"input": np.concatenate([self._context, sound])[None], "h": self._h, "c": self._c}
        probability, self._h, self._c = self._session.run(None, inputs)
        self._context = sound[-_CONTEXT:]
        return float(probability.reshape(-1)[0])

    def _reset(self) -> None:
        self._h = self._c = self._zeros
        self._context = np.zeros(_CONTEXT, dtype=np.float32)
