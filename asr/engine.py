"""What a recogniser must offer, and the choice of the one this machine can run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from asr.errors import NoEngine
from asr.protocol import Word
from asr.settings import Settings

FETCH_HINT = (
    "请在能联网的机器上运行 python -m asr fetch-model --sha256 <校验值> 取得普通话 Vosk 模型，"
    "或把模型文件夹放到 {models}，也可用 ASR_MODEL 指定路径，然后重启 asr"
)


@dataclass(frozen=True, slots=True)
class Result:
    """Text of a stretch of speech; times are offsets from the start of the utterance."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float | None = None
    words: list[Word] = field(default_factory=list)


class Stream(Protocol):
    """Recognition of one tap: accept sound, ask for interim text, finish the utterance, and so on again."""

    def accept(self, pcm: bytes) -> list[Result]:
        """Take sound; final results where the engine found an end by itself."""
        ...

    def interim(self) -> str:
        """Text of the running utterance so far; may cost a whole decoding."""
        ...

    def finish(self) -> list[Result]:
        """Final results of the running utterance; the next sound begins a new one."""
        ...


class Engine(Protocol):
    """One loaded model, shared by all taps; streams may be used from different threads at once."""

    name: str
    model: str
    interim_seconds: float
    """least time between two interim texts"""

    def stream(self, rate: int) -> Stream: ...


def load(settings: Settings, workers: int) -> Engine:
    """Load the engine the settings ask for; NoEngine says what to do when there is none."""
    kind, model = choose(settings)
    try:
        if kind == "vosk":
            from asr.engines.vosk import VoskEngine

            return VoskEngine(model)
        if kind == "whisper":
            from asr.engines.whisper import WhisperEngine

            return WhisperEngine(model, workers)
        from asr.engines.scripted import ScriptedEngine

        return ScriptedEngine.from_file(model)
    except ImportError as error:
        raise NoEngine(f"未安装识别库（{error.name}），请安装 requirements 中的 asr 依赖后重启 asr") from error
    except Exception as error:
        raise NoEngine(f"识别模型 {model} 无法加载（{error}），请检查该文件夹是否完整，或换用其他模型") from error


def choose(settings: Settings) -> tuple[str, Path]:
    """Which engine with which model folder."""
    hint = FETCH_HINT.format(models=settings.models_dir)
    if settings.engine == "off":
        raise NoEngine("语音转写已由设置 ASR_ENGINE=off 关闭，改为 auto 并重启 asr 即可开启")
    if settings.model is not None:
        if not settings.model.exists():
            raise NoEngine(f"找不到 ASR_MODEL 指定的模型 {settings.model}，请检查路径")
        return _kind_of(settings), settings.model
    if settings.engine in ("auto", "vosk"):
        for folder in sorted(settings.models_dir.glob("vosk-model*cn*")):
            if (folder / "am").is_dir():
                return "vosk", folder
        if settings.engine == "vosk":
            raise NoEngine(f"没有普通话 Vosk 模型。{hint}")
    if settings.engine in ("auto", "whisper"):
        folder = settings.models_dir / "whisper-base"
        if (folder / "model.bin").is_file():
            return "whisper", folder
    if settings.engine == "scripted":
        raise NoEngine("ASR_ENGINE=scripted 需要用 ASR_MODEL 指定台词文件")
    raise NoEngine(f"没有可用的识别模型，通话照常，但不转写。{hint}")


def _kind_of(settings: Settings) -> str:
    if settings.engine != "auto":
        return settings.engine
    assert settings.model is not None
    return "whisper" if (settings.model / "model.bin").is_file() else "vosk"
