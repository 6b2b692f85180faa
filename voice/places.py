"""Where the voice finds its model, its texts and its cache; all by the environment, as the set-up does."""

from __future__ import annotations

import os
from pathlib import Path


def data_dir() -> Path:
    """Run-time state of the installation."""
    return Path(os.environ.get("CALLCENTER_DATA_DIR") or "var")


def model_dir() -> Path:
    return data_dir() / "models" / "kokoro"


def speech_cache() -> Path:
    """Rendered speech; outside the checkout, so that a fresh clone does not render again."""
    cache_home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache_home) / "callcenter-12345" / "speech"


def texts_file() -> Path:
    """What the prompts say; human recordings may lie beside it."""
    return Path("dialplan/sounds/zh/prompts.yaml")


def own_texts_file() -> Path:
    """Texts that this installation has changed: for the prompts they name they go before the others."""
    return data_dir() / "prompt-texts.yaml"


def recordings_dirs() -> list[Path]:
    """Folders searched for human recordings, the installation's own first."""
    own = os.environ.get("CALLCENTER_PROMPT_RECORDINGS")
    return [Path(own) if own else data_dir() / "prompt-recordings", texts_file().parent]


def prompts_dir() -> Path:
    return data_dir() / "prompts" / "zh"
