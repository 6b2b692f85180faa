"""A worker that only dials, as a program of its own that can be killed: settings as JSON on its standard input.

python -m tests.pbx.live.dialler DATABASE_URL [stops-before-the-order]
"""

import sys
import time
from typing import Any

from callcenter.calls.telephony import Provided
from callcenter.core import db
from callcenter.followups.jobs import dial
from callcenter.pbx.control import Control, connect
from callcenter.settings import Settings
from callcenter.tables import load_models


class Standstill(Control):
    """Reaches the order and goes no further."""

    def put_questions(self, attempt_id: str, *, number: str) -> None:
        print("ordering", flush=True)
        time.sleep(3600)


def main() -> None:
    load_models()
    db.bind(db.make_engine(sys.argv[1]))
    control: Any = connect(Settings.model_validate_json(sys.stdin.readline()))
    assert control._ami.wait_connected(20)
    if sys.argv[2:]:
        control.__class__ = Standstill
    Provided.telephony = control
    while True:
        dial()
        time.sleep(0.1)


if __name__ == "__main__":
    main()
