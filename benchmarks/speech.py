"""Recognition: its cost beside the plain Vosk loop, what silence costs, how soon final text comes, and how right it is.

    python -m benchmarks.speech [--recordings FOLDER] [--statements 30]

`FOLDER` holds sound files and transcripts.tsv (columns file, text); what is heard is first brought to the telephone:
8 kHz, mu-law, 300-3400 Hz. Without it only the statements of the sample city, spoken by our own voices, are heard.
"""

import argparse
import asyncio
import csv
import json
import random
import statistics
import subprocess
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import jiwer
import numpy as np
import vosk

from asr.audio import read_wav
from asr.engine import Engine
from asr.engines.vosk import VoskEngine
from asr.engines.whisper import WhisperEngine
from asr.gate import Gate
from asr.protocol import Correction
from asr.recognition import Pool, Recognised, Recognition
from asr.recordings import transcribe
from asr.text import normalise
from asr.vad import make_detector
from asr.vocabulary.repair import load_repair
from callcenter.settings import PROJECT_ROOT
from voice.speech import say_on_phone

MODELS = PROJECT_ROOT / "var" / "models"
CITY = PROJECT_ROOT / "routing_rules" / "city"
RATE = 8000
PACKET = RATE // 50 * 2
"""Bytes of 20 ms, as a telephone line brings them."""
SERVER_CHUNK = 8000
"""Bytes a message of vosk-server's own clients."""
SPEECH_SECONDS, SILENCE_SECONDS, LIVE_ROUNDS = 4.0, 6.0, 6
NOISE_DBFS = -60
VOICES = ("zf_xiaobei", "zm_yunjian", "zf_xiaoyi", "zm_yunxi")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--recordings", type=Path)
    options.add_argument("--statements", type=int, default=30)
    chosen = options.parse_args()
    _cost()
    _accuracy("statements spoken by our voices", _statements(chosen.statements))
    if chosen.recordings is None:
        print("recordings: not measured; name a folder with --recordings")
    else:
        _accuracy(f"recordings of people in {chosen.recordings.name}", _recordings(chosen.recordings))


# -- cost and delay, on the same model and sound ----------------------------------------------------------------------


def _cost() -> None:
    if not (MODELS / "vosk-ko").is_dir():
        print("cost: not measured; the Korean Vosk model is set up by `make test`")
        return
    engine = VoskEngine(MODELS / "vosk-ko")
    talk, silence = _one_side(), _noise(60.0)
    shape = f"{SPEECH_SECONDS:.0f} s speech, {SILENCE_SECONDS:.0f} s line noise, and so on"
    print(f"one side of a talk, {len(talk) / 2 / RATE:.0f} s: {shape}")
    for name, run in (("plain Vosk loop", _plain), ("ours", _ours)):
        share = _cpu(lambda run=run: run(engine, talk)) / (len(talk) / 2 / RATE)
        quiet = _cpu(lambda run=run: run(engine, silence)) / (len(silence) / 2 / RATE)
        print(f"  {name:16} CPU/audio {share:.3f}  sides a core {1 / share:6.1f}  in silence {quiet:.4f}", flush=True)
    openings = sum(event.kind.name == "START" for event in Gate(RATE, make_detector(RATE)).feed(silence))
    print(f"  the gate opened {openings} times in {len(silence) / 2 / RATE:.0f} s of line noise")
    for name, seconds in (("plain Vosk loop", _delay_plain(engine)), ("ours", _delay_ours(engine))):
        print(f"  {name:16} end of speech to final text: {_spread(seconds)}", flush=True)


def _cpu(run) -> float:  # type: ignore[no-untyped-def]
    began = time.process_time()
    run()
    return time.process_time() - began


def _plain(engine: VoskEngine, pcm: bytes) -> None:
    """vosk-server's loop without its socket, which is a bound in its favour: every chunk is decoded, then asked of."""
    recogniser = vosk.KaldiRecognizer(engine._model, RATE)
    for at in range(0, len(pcm), SERVER_CHUNK):
        if recogniser.AcceptWaveform(pcm[at : at + SERVER_CHUNK]):
            recogniser.Result()
        else:
            recogniser.PartialResult()
    recogniser.FinalResult()


def _ours(engine: Engine, pcm: bytes) -> None:
    pool = Pool(1)
    pool.start(engine)
    gate, tap = (
        Gate(RATE, make_detector(RATE)),
        Recognition(pool, RATE, lambda _: None, live=True, max_backlog_seconds=1e9),
    )
    for at in range(0, len(pcm), PACKET):
        tap.push(gate.feed(pcm[at : at + PACKET]))
    tap.push(gate.close())
    while not tap.idle:
        time.sleep(0.01)
    pool.stop()


def _delay_plain(engine: VoskEngine) -> list[float]:
    """In real time: from the last sample of speech to the result at the recogniser's own end point."""
    recogniser, delays, ended = vosk.KaldiRecognizer(engine._model, RATE), [], None
    for packet, speech_ends in _live():
        ended = time.monotonic() if speech_ends else ended
        if recogniser.AcceptWaveform(packet) and json.loads(recogniser.Result()).get("text") and ended:
            delays.append(time.monotonic() - ended)
            ended = None
    return delays


def _delay_ours(engine: Engine) -> list[float]:
    pool, delays, ended = Pool(1), [], [0.0]
    pool.start(engine)

    def heard(text: Recognised) -> None:
        if text.final and ended[0]:
            delays.append(time.monotonic() - ended[0])

    gate, tap = Gate(RATE, make_detector(RATE)), Recognition(pool, RATE, heard, live=True, max_backlog_seconds=60)
    for packet, speech_ends in _live():
        if speech_ends:
            ended[0] = time.monotonic()
        tap.push(gate.feed(packet))
    pool.stop()
    return delays


def _live() -> Iterator[tuple[bytes, bool]]:
    """Packets at the pace of a line, and whether speech just ended."""
    spoken = len(_korean()) // PACKET
    for _ in range(LIVE_ROUNDS):
        pcm = _korean() + _noise(3.0)
        for number, at in enumerate(range(0, len(pcm) - PACKET + 1, PACKET)):
            began = time.monotonic()
            yield pcm[at : at + PACKET], number == spoken - 1
            time.sleep(max(0.0, 0.02 - (time.monotonic() - began)))


def _one_side() -> bytes:
    return b"".join(_korean() + _noise(SILENCE_SECONDS) for _ in range(12))


def _korean() -> bytes:
    """The model's own language, spoken by espeak-ng and brought to the telephone."""
    with tempfile.TemporaryDirectory() as folder:
        spoken = Path(folder) / "spoken.wav"
        text = "안녕하세요 수돗물이 나오지 않습니다 언제 다시 나옵니까 저는 시내에 살고 있습니다"
        subprocess.run(["espeak-ng", "-v", "ko", "-s", "150", "-w", spoken, text], check=True)
        pcm = _on_phone(spoken)
    return pcm[: int(SPEECH_SECONDS * RATE) * 2]


def _noise(seconds: float) -> bytes:
    samples = np.random.default_rng(1).standard_normal(int(seconds * RATE)) * 32767 * 10 ** (NOISE_DBFS / 20)
    return samples.astype("<i2").tobytes()


def _spread(seconds: list[float]) -> str:
    if not seconds:
        return "no final text"
    return f"median {statistics.median(seconds):.2f} s, worst {max(seconds):.2f} s ({len(seconds)} utterances)"


# -- how right it is --------------------------------------------------------------------------------------------------


def _accuracy(title: str, spoken: list[tuple[bytes, str]]) -> None:
    engine = WhisperEngine(MODELS / "whisper-base", 1)
    repair, _ = load_repair(CITY)
    pool = Pool(1)
    pool.start(engine)
    seconds = sum(len(pcm) / 2 / RATE for pcm, _ in spoken)
    said = [text for _, text in spoken]
    bare, bare_cpu = _timed([lambda pcm=pcm: _bare(engine, pcm) for pcm, _ in spoken])
    ours, ours_cpu = _timed([lambda pcm=pcm: _through_ours(pool, pcm) for pcm, _ in spoken])
    pool.stop()
    print(f"{title}: {len(said)} of {seconds:.0f} s")
    print(f"  bare engine       CER {_cer(said, bare):.1%}  CPU/audio {bare_cpu / seconds:.2f}")
    print(f"  ours, raw text    CER {_cer(said, ours):.1%}  CPU/audio {ours_cpu / seconds:.2f}")
    print(f"  ours, repaired    CER {_cer(said, [repair(text)[0] for text in ours]):.1%}", flush=True)


def _timed(runs: list) -> tuple[list[str], float]:  # type: ignore[type-arg]
    began = time.process_time()
    return [run() for run in runs], time.process_time() - began


def _bare(engine: WhisperEngine, pcm: bytes) -> str:
    """faster-whisper as it comes, at its own defaults but for the language."""
    sound = np.repeat(np.frombuffer(pcm, "<i2").astype(np.float32) / 32768, 2)
    segments, _ = engine._whisper.transcribe(sound, language="zh", beam_size=5)
    return normalise("".join(segment.text for segment in segments))


def _through_ours(pool: Pool, pcm: bytes) -> str:
    segments = asyncio.run(transcribe(pool, RATE, [pcm], _unrepaired))
    return "".join(segment["text"] for segment in segments)


def _unrepaired(text: str) -> tuple[str, list[Correction]]:
    return text, []


def _cer(said: list[str], heard: list[str]) -> float:
    """Character error rate; punctuation, case, and how numbers are written do not count."""
    return float(jiwer.cer([_plain_text(text) for text in said], [_plain_text(text) for text in heard]))


def _plain_text(text: str) -> str:
    kept = "".join(char for char in normalise(text) if unicodedata.category(char)[0] in "LN")
    return kept.lower().translate(str.maketrans("0123456789", "零一二三四五六七八九"))


def _statements(count: int) -> list[tuple[bytes, str]]:
    with (CITY / "examples.tsv").open(encoding="utf-8", newline="") as file:
        rows = [row["utterance"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    chosen = random.Random(1).sample(rows, min(count, len(rows)))
    return [
        (_pcm(say_on_phone(text, VOICES[n % len(VOICES)], noise_db=25, seed=n)), text) for n, text in enumerate(chosen)
    ]


def _pcm(samples) -> bytes:  # type: ignore[no-untyped-def]
    return np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def _recordings(folder: Path) -> list[tuple[bytes, str]]:
    with (folder / "transcripts.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [(_on_phone(folder / row["file"]), row["text"]) for row in rows]


def _on_phone(sound: Path) -> bytes:
    """8 kHz, through mu-law and back, 300 to 3400 Hz."""
    with tempfile.TemporaryDirectory() as work:
        narrow, wav = Path(work) / "narrow.wav", Path(work) / "heard.wav"
        subprocess.run(
            ["sox", "-G", sound, "-r", str(RATE), "-c", "1", "-e", "mu-law", narrow, "sinc", "300-3400"], check=True
        )
        subprocess.run(["sox", narrow, "-e", "signed", "-b", "16", wav], check=True)
        rate, channels = read_wav(wav)
        assert rate == RATE
        return channels[0]


if __name__ == "__main__":
    main()
