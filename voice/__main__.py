"""Command line: `python -m voice say TEXT -o out.wav` and `python -m voice prompts`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from voice import audio, places, prompts, speech


def main(arguments: list[str] | None = None) -> int:
    """Run one command; wrong input ends with one sentence, not a traceback."""
    parser = argparse.ArgumentParser(prog="voice", description="离线普通话语音")
    commands = parser.add_subparsers(dest="command", required=True)
    say = commands.add_parser("say", help="把一段文字读成 wav 文件")
    say.add_argument("text")
    say.add_argument("-o", "--out", type=Path, required=True)
    say.add_argument("--voice", default=speech.DEFAULT_VOICE)
    say.add_argument("--speed", type=float, default=1.0)
    say.add_argument("--rate", type=int, choices=(8000, 24000), default=24000)
    make = commands.add_parser("prompts", help="生成或更新全部提示音")
    make.add_argument("--voice", default=speech.DEFAULT_VOICE)
    make.add_argument("--only", default="", metavar="NAME", help="只做这一条")
    options = parser.parse_args(arguments)
    try:
        return _say(options) if options.command == "say" else _prompts(options)
    except (ValueError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1


def _say(options: argparse.Namespace) -> int:
    samples = speech.say(options.text, options.voice, options.speed)
    audio.write_wav(options.out, audio.decimate(samples, speech.SPEECH_RATE, options.rate), options.rate)
    return 0


def _prompts(options: argparse.Namespace) -> int:
    done = [what for _, what in prompts.make(options.voice, options.only)]
    total = len(prompts.texts())
    print(f"{places.prompts_dir()}: {total} 条提示音，新生成 {done.count('made')} 条，", end="")
    print(f"采用真人录音 {done.count('recorded')} 条，其余未变")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
