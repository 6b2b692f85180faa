"""`make demo`: start the hotline, play the story, leave it running (or end, with ONCE=1)."""

import argparse
import signal
import sys
import time

from callcenter.settings import get_settings
from demo.api import Api, StepFailed
from demo.hotline import Hotline
from demo.people import People
from demo.story import Story, play
from softphone import PhoneError


def main() -> int:
    """0 when every step was seen from outside, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="demo", description="让一通真实电话走完热线全程")
    parser.add_argument("--once", action="store_true", help="演完即结束")
    options = parser.parse_args()
    # Ended by a signal, it ends the hotline it started too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    hotline = Hotline()
    try:
        if not hotline.start():
            return 1
        told = _tell(hotline)
        if not options.once and told == 0:
            print("热线保持运行，按 Ctrl-C 停止。", flush=True)
            hotline.wait()
        return told
    except KeyboardInterrupt:
        return 0
    finally:
        hotline.stop()


def _tell(hotline: Hotline) -> int:
    settings = get_settings()
    web = f"http://{settings.web_host}:{settings.web_port}"
    accounts = hotline.accounts()
    carrier_host, carrier_port = settings.trunk_peer.split(":")
    api = Api(web, "operator1", accounts["operator1"])
    supervisor = Api(web, "supervisor", accounts["supervisor"])
    began = time.monotonic()
    try:
        with People.gather(
            api, sip=(settings.sip_host, settings.sip_port), carrier=(carrier_host, int(carrier_port))
        ) as people:
            for number, (title, seen) in enumerate(play(Story(people, supervisor)), start=1):
                print(f"✓ {number:2d}. {title}\n     {seen}", flush=True)
    except (StepFailed, PhoneError) as failure:
        print(f"✗ 没有通过：{failure}", file=sys.stderr, flush=True)
        return 1
    print(f"\n全部通过，用时 {time.monotonic() - began:.0f} 秒。\n\n地址  {web}\n账号", flush=True)
    for username, password in accounts.items():
        print(f"  {username:12s} {password}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
