"""Phones for trying things by hand: `python -m softphone call 12345 --play hello.wav`, `python -m softphone answer`."""

import argparse
import time
from collections.abc import Callable

from softphone.errors import PhoneError
from softphone.leg import CallLeg
from softphone.phone import Phone
from softphone.sound import rms, save_wav


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m softphone", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    call = commands.add_parser("call", help="place a call")
    call.add_argument("number")
    call.add_argument("--from", dest="from_number", default="", help="caller's number")
    call.add_argument("--withheld", action="store_true", help="hide the caller's number")
    call.add_argument("--ring", type=float, default=30, help="seconds to wait for an answer")
    answer = commands.add_parser("answer", help="register (with --password) and answer one call")
    answer.add_argument("--wait", type=float, default=600, help="seconds to wait for a call")
    for command in (call, answer):
        command.add_argument("--server", default="127.0.0.1:5060", metavar="IP:PORT")
        command.add_argument("--bind", default="127.0.0.1", metavar="IP[:PORT]", help="own address")
        command.add_argument("--user", help="extension to be")
        command.add_argument("--password", default="")
        command.add_argument("--play", metavar="WAV", help="what to say")
        command.add_argument("--dtmf", default="", help="keys to press, after what is said")
        command.add_argument("--seconds", type=float, default=10, help="how long to stay, at most")
        command.add_argument("--record", metavar="WAV", help="where to write what was heard")
    return parser.parse_args()


def _address(text: str, port: int) -> tuple[str, int]:
    ip, _, given = text.partition(":")
    return ip, int(given or port)


def _talk(leg: CallLeg, args: argparse.Namespace, say: Callable[[str], None]) -> None:
    say("answered")
    mark, until = leg.mark(), time.monotonic() + args.seconds
    if args.play:
        leg.play(args.play)
        leg.wait_played(args.seconds)
        say("said what there was to say")
    if args.dtmf:
        leg.send_dtmf(args.dtmf)
        say(f"pressed {args.dtmf}")
    try:
        leg.wait_ended(max(until - time.monotonic(), 0))
        say(f"the far end hung up (cause {leg.cause})")
    except TimeoutError:
        leg.hang_up()
        say("hung up")
    heard = leg.heard_since(mark, leg.ended_mark())
    say(f"heard {len(heard) / 8000:.1f} s, loudness {rms(heard):.0f}, keys {leg.digits or 'none'}")
    if args.record:
        save_wav(args.record, heard)


def main() -> int:
    args = _arguments()
    began = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - began:7.2f} s  {what}", flush=True)

    bind_ip, bind_port = _address(args.bind, 0)
    user = args.user or "softphone"
    try:
        with Phone(
            user,
            _address(args.server, 5060),
            password=args.password,
            bind_ip=bind_ip,
            bind_port=bind_port,
        ) as phone:
            if args.password:
                phone.register()
                say("registered")
            if args.command == "call":
                leg = phone.dial(args.number, from_number=args.from_number, withheld=args.withheld)
                leg.wait_ringing(args.ring)
                _talk(leg.wait_answered(args.ring), args, say)
            else:
                leg = phone.wait_ring(args.wait)
                say("ringing")
                _talk(leg.answer(), args, say)
    except PhoneError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
