"""asr's own small HTTP side: health, and transcription of whole recordings."""

from __future__ import annotations

import asyncio
import hmac
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import IO, Any

from fastapi import FastAPI, Header, HTTPException, Request

from asr.audio import read_wav
from asr.errors import BadRecording
from asr.recordings import transcribe
from asr.service import Service

_SPOOL_BYTES = 8 << 20


def make_app(service: Service) -> FastAPI:
    """The HTTP application; it starts and stops the service with itself."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await service.start()
        yield
        await service.stop()

    app = FastAPI(title="asr", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    one_at_a_time = asyncio.Lock()

    @app.get("/health")
    async def health() -> dict[str, Any]:
        return service.health()

    @app.post("/transcribe")
    async def transcribe_recording(request: Request, authorization: str = Header("")) -> dict[str, Any]:
        """Body: a 16-bit wav file. Answers when it is done, which takes a good part of its length."""
        token = service.settings.token
        if token and not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, "口令不对，请检查 ASR_TOKEN 与呼叫中心的设置是否一致")
        if service.engine is None:
            raise HTTPException(503, service.health()["reason"])
        with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES) as file:
            await _receive(request, file, service.settings.max_recording_mb)
            async with one_at_a_time:
                try:
                    rate, channels = read_wav(file)
                except BadRecording as error:
                    raise HTTPException(422, str(error)) from error
                segments = await transcribe(
                    service.pool,
                    rate,
                    channels,
                    service.repair,
                    silero=service.settings.vad == "silero",
                    abandoned=request.is_disconnected,
                )
        return {"engine": service.engine_name, "duration_ms": len(channels[0]) * 500 // rate, "segments": segments}

    return app


async def _receive(request: Request, file: IO[bytes], max_mb: int) -> None:
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > max_mb << 20:
            raise HTTPException(413, f"录音超过 {max_mb} MB，请调大 ASR_MAX_RECORDING_MB 或分段提交")
        file.write(chunk)
    file.seek(0)
