"""The installed voice, in a process of its own: it needs libraries that only it may load."""

import subprocess
import sys

from callcenter.core.errors import Unavailable
from callcenter.settings import PROJECT_ROOT, Settings


def run(settings: Settings, *arguments: str, seconds: int) -> None:
    """`python -m voice …`; Unavailable says why nothing was spoken."""
    environment = [f"CALLCENTER_DATA_DIR={settings.data_dir.absolute()}"]
    if settings.prompt_recordings:
        environment.append(f"CALLCENTER_PROMPT_RECORDINGS={settings.prompt_recordings.absolute()}")
    command = ["env", *environment, sys.executable, "-m", "voice", *arguments]
    try:
        done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"合成语音超过 {seconds} 秒还没有完成，请稍后再试。") from None
    except OSError as error:
        raise Unavailable(f"合成语音起不来（{error.strerror}），请检查安装。") from None
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise Unavailable(f"合成语音失败：{said[-1] if said else '没有说明原因'}")
