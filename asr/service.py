"""The running program: engine, taps, delivery and HTTP put together, and what its health says."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import threading
from typing import Any

from asr.delivery import Delivery
from asr.engine import Engine, load
from asr.errors import AsrError, NoEngine
from asr.protocol import TranscriptMessage
from asr.recognition import Pool
from asr.server import TapServer
from asr.settings import Settings
from asr.tap import Tap
from asr.vad import make_detector
from asr.vocabulary import load_repair

log = logging.getLogger(__name__)
_LOADING = "识别模型正在加载，请稍候"


class Service:
    """One asr process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.boot_id = secrets.token_hex(8)
        self.engine: Engine | None = None
        self.off_reason: str | None = None
        self.pool = Pool(settings.workers or os.cpu_count() or 1)
        self.repair, self.vocabulary_note = load_repair(settings.vocabulary_dir)
        self.taps = TapServer(self._make_tap, max_taps=settings.max_taps)
        self.delivery = Delivery(
            settings.callcenter_url,
            settings.token,
            timeout_seconds=settings.delivery_timeout_seconds,
            keep_seconds=settings.delivery_keep_seconds,
            max_finals=settings.delivery_max_finals,
        )
        self._delivering: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen at once; the model is loaded meanwhile, and what is said meanwhile waits for it."""
        host, port = self.settings.audio_host, self.settings.audio_port
        try:
            await self.taps.start(host, port)
        except OSError as error:
            raise AsrError(
                f"无法监听 {host}:{port}({error.strerror})，请检查端口是否被占用或改用 ASR_AUDIO_PORT"
            ) from error
        self._delivering = asyncio.create_task(self.delivery.run())
        threading.Thread(target=self._load, name="load-model", daemon=True).start()

    async def stop(self) -> None:
        """Let the taps end, deliver what is left, stop."""
        await self.taps.stop()
        await self.delivery.drain(seconds=3)
        if self._delivering is not None:
            self._delivering.cancel()
        self.pool.stop()

    def _load(self) -> None:
        try:
            self.engine = load(self.settings, self.pool.workers)
        except NoEngine as error:
            self.off_reason = str(error)
            log.error("语音转写未开启：%s", error)
            return
        self.pool.start(self.engine)
        log.info("engine %s, model %s, %d workers", self.engine.name, self.engine.model, self.pool.workers)

    def _make_tap(self, tap_id: str, rate: int) -> Tap | None:
        if self.off_reason is not None:
            return None
        return Tap(
            tap_id,
            rate,
            pool=self.pool,
            detector=make_detector(rate) if self.settings.vad == "silero" else None,
            repair=self.repair,
            deliver=self._deliver,
            engine_name=lambda: self.engine_name,
            max_backlog_seconds=self.settings.max_backlog_seconds,
        )

    def _deliver(self, message: TranscriptMessage) -> None:
        self.delivery.put(message)

    @property
    def engine_name(self) -> str:
        return f"{self.engine.name}:{self.engine.model}" if self.engine else ""

    def health(self) -> dict[str, Any]:
        """What GET /health answers."""
        ready = self.engine is not None
        return {
            "status": "ok" if ready else "loading" if self.off_reason is None else "off",
            "boot_id": self.boot_id,
            "ready": ready,
            "transcribing": ready,
            "reason": None if ready else self.off_reason or _LOADING,
            "engine": self.engine.name if self.engine else None,
            "model": self.engine.model if self.engine else None,
            "vocabulary": self.vocabulary_note,
            "workers": self.pool.workers,
            "running_taps": self.taps.running,
            "audio_port": self.taps.port,
            "counters": self.pool.counters.as_dict()
            | {
                "taps_accepted": self.taps.accepted,
                "taps_turned_away": self.taps.turned_away,
                "bad_connections": self.taps.bad_connections,
                "delivery_waiting": self.delivery.waiting,
                "delivered": self.delivery.delivered,
                "delivery_failures": self.delivery.failures,
                "dropped_finals": self.delivery.dropped_finals,
                "refused": self.delivery.refused,
            },
        }
