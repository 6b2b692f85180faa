"""The hotline's prompts: from `prompts.yaml` to 8 kHz wav files; only what changed is made again.

A human recording with the prompt's name always wins over synthesis.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from voice import audio, places, speech
from voice.reading import reading

INDEX = ".made.json"
RECORDING_KINDS = (".wav", ".flac", ".ogg", ".mp3")


class PromptError(ValueError):
    """`prompts.yaml` cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Prompt:
    """One sound file: a text and, where it is read differently, its reading; or a tone."""

    name: str
    text: str
    say: str = ""
    tone: float = 0

    @property
    def spoken(self) -> str:
        return self.say or self.text


def load(path: Path) -> list[Prompt]:
    """The prompts of a file; `PromptError` names the entry that is wrong."""
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise PromptError(f"读不了 {path}:{error}") from error
    if not isinstance(entries, dict):
        raise PromptError(f"{path} 应是“名称: 文字”的列表")
    return [_prompt(path, str(name), value) for name, value in entries.items()]


def _prompt(path: Path, name: str, value: object) -> Prompt:
    fields = value if isinstance(value, dict) else {"text": value}
    try:
        prompt = Prompt(name, **fields)
    except TypeError as error:
        raise PromptError(f"{path} 的 {name}:只能写 text、say、tone") from error
    if not isinstance(prompt.text, str) or not isinstance(prompt.say, str):
        raise PromptError(f"{path} 的 {name}:文字要加引号")
    if not prompt.tone and not reading(prompt.spoken):
        raise PromptError(f"{path} 的 {name}:没有可以朗读的文字")
    if ".." in name or name.startswith("/"):
        raise PromptError(f"{path} 的 {name}:名称不能指到目录之外")
    return prompt


def texts() -> list[Prompt]:
    """The prompts as they are said here: with the texts this installation has changed."""
    shipped = load(places.texts_file())
    own = {prompt.name: prompt for prompt in load(places.own_texts_file())} if places.own_texts_file().exists() else {}
    return [own.get(prompt.name, prompt) for prompt in shipped]


def make(voice: str = speech.DEFAULT_VOICE, only: str = "") -> Iterator[tuple[str, str]]:
    """Bring the folder of sound files up to date, or `only` one; yields name and what was done (made, recorded)."""
    target = places.prompts_dir()
    target.mkdir(parents=True, exist_ok=True)
    index = target / INDEX
    prompts = {prompt.name: prompt for prompt in texts()}
    if only and only not in prompts:
        raise PromptError(f"没有提示音 {only}")
    known = _read_index(index)
    for gone in known.keys() - prompts.keys():
        (target / f"{gone}.wav").unlink(missing_ok=True)
    _write_index(index, {name: key for name, key in known.items() if name in prompts})
    for prompt in [prompts[only]] if only else prompts.values():
        recording = _recording(prompt.name)
        key = _key(prompt, recording, voice)
        out = target / f"{prompt.name}.wav"
        if known.get(prompt.name) == key and out.is_file():
            continue
        if recording:
            _take_over(recording, out)
        else:
            _synthesise(prompt, voice, out)
        # Read again: a person may have recorded another one meanwhile.
        _write_index(index, _read_index(index) | {prompt.name: key})
        yield prompt.name, "recorded" if recording else "made"


def _read_index(path: Path) -> dict[str, str]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _write_index(path: Path, index: dict[str, str]) -> None:
    path.write_text(json.dumps(index, ensure_ascii=False, indent=1), encoding="utf-8")


def _recording(name: str) -> Path | None:
    candidates = (folder / f"{name}{kind}" for folder in places.recordings_dirs() for kind in RECORDING_KINDS)
    return next((path for path in candidates if path.is_file()), None)


def _key(prompt: Prompt, recording: Path | None, voice: str) -> str:
    if recording:
        return "recording:" + hashlib.sha256(recording.read_bytes()).hexdigest()
    if prompt.tone:
        return f"tone:{prompt.tone}"
    return f"{audio.PROMPT_LEVEL}:{speech.cache_key(reading(prompt.spoken), voice, 1.0)}"


def _take_over(recording: Path, out: Path) -> None:
    """A recording at any rate, as the exchange plays it; its level is left as it was recorded."""
    if shutil.which("sox") is None:
        raise PromptError(f"有真人录音 {recording.name}，但没有安装 sox，无法转换；请先运行 make setup")
    out.parent.mkdir(parents=True, exist_ok=True)
    command = ["sox", str(recording), "-r", str(audio.PHONE_RATE), "-c", "1", "-b", "16", str(out)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if result.returncode:
        raise PromptError(f"真人录音 {recording} 读不了：{result.stderr.strip()}")


def _synthesise(prompt: Prompt, voice: str, out: Path) -> None:
    samples = audio.tone(prompt.tone, 0.3) if prompt.tone else speech.say(prompt.spoken, voice)
    narrow = audio.decimate(samples, audio.SPEECH_RATE, audio.PHONE_RATE)
    audio.write_wav(out, narrow if prompt.tone else audio.normalised(narrow), audio.PHONE_RATE)
