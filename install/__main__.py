"""`python3 -m install run|test`: brings this machine to where `make demo` or `make test` can start."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from install import asterisk, models, pages, product, python, system
from install.errors import SetupError
from install.places import Places
from install.step import Step, run_steps

PROFILES = ("run", "test")


def steps(places: Places, profile: str) -> list[Step]:
    """All steps in order; each knows by itself whether it is done."""
    return [
        Step(
            "system",
            "系统软件包",
            lambda: not system.missing_packages(places, profile),
            partial(system.install_packages, places, profile),
        ),
        Step("asterisk", "Asterisk 22", partial(asterisk.present, places), partial(asterisk.install, places)),
        Step("python", "Python 环境", partial(python.present, places), partial(python.install, places)),
        Step(
            "models",
            "语音模型",
            partial(models.present, places, profile),
            partial(models.install, places, profile),
        ),
        Step("pages", "网页", partial(pages.present, places), partial(pages.build, places)),
        Step("prompts", "提示音", partial(product.prompts_present, places), partial(product.make_prompts, places)),
        Step("rules", "规则语料", partial(product.rules_learned, places), partial(product.learn_rules, places)),
        Step("database", "数据库", lambda: False, partial(product.migrate, places)),
    ]


def main(arguments: list[str]) -> int:
    """0 when the machine is ready; 1 after one sentence with its remedy."""
    profile = arguments[0] if arguments else "run"
    if profile not in PROFILES:
        print(f"用法：python3 -m install {'|'.join(PROFILES)}", file=sys.stderr)
        return 2
    places = Places.of_environment(Path(__file__).resolve().parent.parent)
    try:
        system.check_python()
        system.check_disk(places)
        run_steps(steps(places, profile))
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n已中断；再运行一次会从这里继续。", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
