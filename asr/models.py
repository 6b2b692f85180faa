"""Fetching a Mandarin Vosk model from where the Vosk project publishes it; nothing unverified is ever unpacked."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from pathlib import Path

import httpx2

from asr.errors import ModelFetchFailed

DEFAULT_MODEL = "vosk-model-small-cn-0.22"
PUBLISHED_AT = "https://alphacephei.com/vosk/models"
_TIMEOUT_SECONDS = 30
_CHUNK = 1 << 20


def fetch(name: str, sha256: str, models_dir: Path, *, source: str = PUBLISHED_AT) -> Path:
    """Download, verify and unpack one model; the folder appears only when it is whole.

    The project pins no hash: the publisher names none, and trusting whatever arrives first is no check.
    """
    if len(sha256) != 64:
        raise ModelFetchFailed(
            "下载模型必须给出压缩包的 SHA-256：请在可信的机器上下载同一文件，用 sha256sum 算出后以 --sha256 传入"
        )
    folder = models_dir / name
    if folder.exists():
        raise ModelFetchFailed(f"{folder} 已存在，如需重新下载请先移走该文件夹")
    models_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models_dir) as work:
        archive = Path(work) / "model.zip"
        found = _download(f"{source}/{name}.zip", archive)
        if found != sha256.lower():
            raise ModelFetchFailed(
                f"压缩包校验不符（得到 {found}），文件可能损坏或被替换，已删除；请核对 --sha256 后重试"
            )
        _unpack(archive, Path(work) / "unpacked")
        unpacked = Path(work) / "unpacked" / name
        if not (unpacked / "am").is_dir():
            raise ModelFetchFailed("压缩包里不是 Vosk 模型，请核对模型名")
        shutil.move(unpacked, folder)
    return folder


def _download(url: str, archive: Path) -> str:
    digest = hashlib.sha256()
    try:
        with httpx2.stream("GET", url, timeout=_TIMEOUT_SECONDS, follow_redirects=True) as response:
            response.raise_for_status()
            with archive.open("wb") as file:
                for chunk in response.iter_bytes(_CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
    except (httpx2.HTTPError, OSError) as error:
        raise ModelFetchFailed(
            f"下载 {url} 失败（{type(error).__name__}），请检查网络与磁盘空间；不能联网时请在别处下载后解压到模型目录"
        ) from error
    return digest.hexdigest()


def _unpack(archive: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
    except (zipfile.BadZipFile, OSError) as error:
        raise ModelFetchFailed(f"压缩包无法解开（{error}），请检查磁盘空间后重试") from error
