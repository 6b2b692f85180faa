"""Keeps the audio copies of running calls: when the recogniser has (re)started, legs without a copy get one.

The dialplan makes the first copy of each leg by itself; this is for legs that were up while the recogniser was away.
"""

import threading
import uuid

import httpx2
from sqlalchemy.exc import SQLAlchemyError

from callcenter.calls.models import Party
from callcenter.calls.service import line
from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.log import get_logger
from callcenter.operators.telephony import TelephonyRefused, TelephonyUnavailable
from callcenter.pbx.ami import Ami, Message
from callcenter.pbx.names import Variable
from callcenter.settings import Settings

log = get_logger(__name__)

POLL_SECONDS = 1.0
ANSWER_SECONDS = 1.0
CONNECT_MILLISECONDS = 3000
TAPPED = frozenset({Party.CALLER.value, Party.OPERATOR.value, Party.DEPARTMENT.value})


class TapKeeper:
    """Asks the recogniser who it is; a new one gets the running calls."""

    def __init__(self, settings: Settings, ami: Ami) -> None:
        self._sink = f"{settings.asr_audio_host}:{settings.asr_audio_port}"
        self._health_url = f"{settings.asr_http_url}/health"
        self._ami = ami
        self._boot_id: str | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tap-keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(POLL_SECONDS + ANSWER_SECONDS)

    def _run(self) -> None:
        with httpx2.Client(timeout=ANSWER_SECONDS) as client:
            while not self._stop.wait(POLL_SECONDS):
                try:
                    boot_id = client.get(self._health_url).raise_for_status().json()["boot_id"]
                except (httpx2.HTTPError, ValueError, KeyError):
                    continue  # away: the health page says so
                if boot_id != self._boot_id and self._ami.connected and self._attach_missing():
                    self._boot_id = boot_id

    def _attach_missing(self) -> bool:
        """A copy for every leg that has none; False when it has to be tried again."""
        try:
            legs = self._ami.list_action("CoreShowChannels")
            copied = {
                leg.get("ApplicationData", "").partition(",")[0]
                for leg in legs
                if leg["Channel"].startswith("AudioSocket/")
            }
            missing = [leg for leg in legs if _speaks(leg) and leg["Channel"] not in copied]
            for leg in missing:
                self._attach(leg)
        except (TelephonyUnavailable, SQLAlchemyError) as error:
            log.warning("recogniser is back, copies not attached yet", error=type(error).__name__)
            return False
        if missing:
            log.info("recogniser is back, copies attached", legs=len(missing))
        return True

    def _attach(self, leg: Message) -> None:
        tap_id = str(uuid.uuid4())
        try:
            # Written first: the recogniser's words must find the copy they belong to.
            with db.unit_of_work() as session:
                line.tap_opened(
                    session,
                    call_id=leg[f"ChanVariable.{Variable.CALL_ID}"],
                    tap_id=tap_id,
                    party=Party(leg[f"ChanVariable.{Variable.PARTY}"]),
                    leg_key=leg.get(f"ChanVariable.{Variable.LEG}") or leg["Uniqueid"],
                    at=now(),
                )
            self._ami.action(
                "Originate",
                Channel=f"AudioSocket/{self._sink}/{tap_id}/c(slin16)",
                Application="ChanSpy",
                Data=f"{leg['Channel']},qoSEu",
                Async="true",
                Timeout=CONNECT_MILLISECONDS,
            )
        except TelephonyRefused:
            log.info("leg ended before its copy was made", tap_id=tap_id)


def _speaks(leg: Message) -> bool:
    return leg["Channel"].startswith("PJSIP/") and leg.get(f"ChanVariable.{Variable.PARTY}") in TAPPED
