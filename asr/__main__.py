"""Command line of the asr program: python -m asr serve | file | fetch-model | vocabulary."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from pathlib import Path
from typing import Annotated

import typer

from asr.errors import AsrError
from asr.models import DEFAULT_MODEL
from asr.settings import get_settings

cli = typer.Typer(add_completion=False, no_args_is_help=True, help="实时语音识别服务")


def _fail(error: AsrError) -> typer.Exit:
    typer.echo(f"错误：{error}", err=True)
    return typer.Exit(1)


@cli.command()
def serve() -> None:
    """接收 Asterisk 送来的通话声音，把文字送给呼叫中心。"""
    import uvicorn

    from asr.http_api import make_app
    from asr.service import Service

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    settings = get_settings()
    app = make_app(Service(settings))
    uvicorn.run(app, host=settings.http_host, port=settings.http_port, log_config=None, access_log=False)


@cli.command()
def file(
    wav: Annotated[Path, typer.Argument(help="16 位 wav 录音")],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """识别一个录音文件。"""
    from asr.audio import read_wav
    from asr.engine import load
    from asr.recognition import Pool
    from asr.recordings import transcribe
    from asr.vocabulary import load_repair

    settings = get_settings()
    try:
        rate, channels = read_wav(wav)
        workers = settings.workers or os.cpu_count() or 1
        engine = load(settings, workers)
        repair, _ = load_repair(settings.vocabulary_dir)
    except AsrError as error:
        raise _fail(error) from error
    pool = Pool(workers)
    pool.start(engine)
    segments = asyncio.run(transcribe(pool, rate, channels, repair, silero=settings.vad == "silero"))
    pool.stop()
    if as_json:
        typer.echo(json.dumps({"engine": f"{engine.name}:{engine.model}", "segments": segments}, ensure_ascii=False))
        return
    for segment in segments:
        typer.echo(f"{segment['start_ms'] / 1000:8.2f}  声道{segment['channel']}  {segment['text']}")


@cli.command()
def fetch_model(
    name: Annotated[str, typer.Argument(help="模型名")] = DEFAULT_MODEL,
    sha256: Annotated[str, typer.Option(help="压缩包的 SHA-256，从可信渠道核对得到")] = "",
    check: Annotated[bool, typer.Option("--check", help="只查看本机会使用哪个模型")] = False,
) -> None:
    """下载普通话 Vosk 模型并校验。"""
    from asr.engine import choose
    from asr.models import fetch

    settings = get_settings()
    try:
        if not check:
            typer.echo(f"模型已就绪：{fetch(name, sha256, settings.models_dir)}，重启 asr 后生效")
        kind, model = choose(settings)
        typer.echo(f"识别引擎：{kind}，模型：{model}")
    except AsrError as error:
        raise _fail(error) from error


@cli.command()
def vocabulary(text: Annotated[str, typer.Argument(help="要试的一句话，不给则只数词条")] = "") -> None:
    """查看词表，试一句话的同音纠正。"""
    from asr.vocabulary import load_repair

    repair, note = load_repair(get_settings().vocabulary_dir)
    typer.echo(note)
    if text:
        repaired, corrections = repair(text)
        typer.echo(repaired)
        for correction in corrections:
            typer.echo(f"  {correction.heard} → {correction.to}({correction.kind}:{correction.term})")


if __name__ == "__main__":
    cli()
