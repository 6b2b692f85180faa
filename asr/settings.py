"""Settings of the asr program: environment variables with the prefix ASR_, or a .env file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

EngineName = Literal["auto", "vosk", "whisper", "scripted", "off"]


class Settings(BaseSettings):
    """Read once at start."""

    model_config = SettingsConfigDict(env_prefix="ASR_", env_file=".env", extra="ignore")

    audio_host: str = "127.0.0.1"
    audio_port: int = 9099
    http_host: str = "127.0.0.1"
    http_port: int = 9098

    callcenter_url: str = "http://127.0.0.1:8000"
    token: str = ""
    """shared secret: sent with transcripts, expected by POST /transcribe"""

    data_dir: Path = Path("var")
    """models are looked for under <data_dir>/models"""
    engine: EngineName = "auto"
    model: Path | None = None
    """model folder (scripted: the script file); wins over what is found in the data directory"""
    vocabulary_dir: Path = Path("routing_rules/city")
    """folder of gazetteer.tsv, units.tsv and topics.tsv; without it nothing is repaired"""

    vad: Literal["silero", "energy"] = "silero"
    """how speech is told from silence"""

    workers: int = Field(default=0, ge=0, le=64)
    """recognising threads; 0 means one for each core"""
    max_taps: int = Field(default=400, ge=1)
    max_backlog_seconds: float = Field(default=60, gt=0)
    """speech of one tap waiting to be recognised; older speech is given up and counted"""
    max_recording_mb: int = Field(default=200, ge=1)
    delivery_timeout_seconds: float = Field(default=5, gt=0)
    delivery_keep_seconds: float = Field(default=600, gt=0)
    """finals that cannot be delivered for so long are given up and counted"""
    delivery_max_finals: int = Field(default=5000, ge=1)

    @property
    def models_dir(self) -> Path:
        return self.data_dir / "models"


@cache
def get_settings() -> Settings:
    """The settings of this process."""
    return Settings()
