"""Libraries' log lines and tracebacks go the same way as our own: masked."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.unit

PROGRAM = """
import logging
from callcenter.core import log
log.configure("test", json=True)
log.get_logger("m").warning("line 13893112345")
try:
    raise ValueError("caller 13893112345")
except ValueError:
    logging.getLogger("dramatiq").error("job %s failed", "13893112345", exc_info=True)
"""


def test_our_lines_and_libraries_lines_are_masked() -> None:
    lines = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stderr
    assert lines.count("138****2345") == 3
    assert "13893112345" not in lines
    assert lines.count('"role": "test"') == 2
