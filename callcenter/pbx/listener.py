"""Listens to the PBX and writes down what it hears: each event becomes one service call in one unit of work.

Nothing on the line waits for it. What happened while it was away is made up from the journal and from what is up now.
"""

import contextlib
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from callcenter.calls.models import Call, Party, TimelineEntry
from callcenter.calls.service import people
from callcenter.calls.telephony import Cause
from callcenter.core import alive, db
from callcenter.core.clock import now
from callcenter.core.log import get_logger
from callcenter.operators import desk
from callcenter.operators import service as operators
from callcenter.operators.lifecycle import SeatAction
from callcenter.operators.telephony import TelephonyRefused, TelephonyUnavailable
from callcenter.pbx import causes, facts, journal, phones, reconcile, render
from callcenter.pbx.ami import Ami, Message
from callcenter.pbx.control import Control
from callcenter.pbx.keeping import Keeper
from callcenter.pbx.phones import Phones
from callcenter.pbx.reconcile import AUTO_PAUSE, CALL_ID, LEG, NO_ANSWER, PARTY
from callcenter.pbx.seats import extension_of
from callcenter.pbx.tap import TapKeeper
from callcenter.settings import Settings

log = get_logger(__name__)

RETRY_SECONDS = (0.2, 1.0, 3.0)
"""Waits before a unit of work is tried again when the database does not answer."""
OVERLAP = timedelta(minutes=5)
"""How far before the last known fact the journal is read again."""
LONGEST_ABSENCE = timedelta(days=7)
"""How far back the journal is read, and kept."""
FORGET_SECONDS = 3600

T = TypeVar("T")


class Listener:
    """One link to the PBX; `start` it, `close` it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.ami = Ami(
            settings.ami_host,
            settings.ami_port,
            settings.ami_user,
            settings.ami_secret,
            events="agent,call,user",
            on_event=self.on_event,
            on_connect=self.catch_up,
        )
        self._heard_until = now() - LONGEST_ABSENCE
        """Up to here no event was missed since the last catching up."""
        self._closing = threading.Event()
        self._phones = Phones(settings)
        self.control = Control(self.ami, self._phones)
        self._taps = TapKeeper(settings, self.ami)
        self.keeper = Keeper(settings, self.ami)
        self._handlers: dict[str, Callable[[Message], None]] = {
            "UserEvent": self._on_fact,
            "AgentRingNoAnswer": self._on_ring_no_answer,
            "QueueMemberPause": self._on_member_pause,
            "Hangup": self._on_hangup,
            "Hold": self._on_hold_key,
            "Unhold": self._on_hold_key,
        }

    def start(self) -> "Listener":
        with contextlib.suppress(DBAPIError):  # away as well: then as far back as the journal goes
            self._heard_until = _behind_since()
        self.ami.start()
        self._taps.start()
        self.keeper.start()
        return self

    def close(self) -> None:
        self._closing.set()
        self._taps.close()
        self.keeper.close()
        self.ami.close()
        self._phones.close()

    # -- events ------------------------------------------------------------------------------------------------------

    def on_event(self, event: Message) -> None:
        handler = self._handlers.get(event["Event"])
        if handler is None:
            return
        if self.ami.connected and not self.ami.must_catch_up:
            self._heard_until = _at(event)
        try:
            handler(event)
        except DBAPIError:
            # Told again from the journal once the database is back.
            self.ami.catch_up()
            raise

    def _on_fact(self, event: Message) -> None:
        fact = facts.read(event)
        if self.ami.must_catch_up:
            return  # the journal tells it in a moment, after those that were missed before it
        if fact is not None and _write(lambda session: facts.record(session, fact)) and fact.freed_extension:
            self._align(fact.freed_extension)

    def _on_ring_no_answer(self, event: Message) -> None:
        key = event.get("DestUniqueid", "")
        _write(lambda session: reconcile.ring_ended(session, key, Cause.NO_ANSWER, _at(event)))

    def _on_hangup(self, event: Message) -> None:
        """Closes what the dialplan does not report: phones rung in vain, department calls taken back."""
        if event.get(CALL_ID):
            cause = causes.of_leg(event.get("Cause", ""))
            _write(lambda session: reconcile.ring_ended(session, event["Uniqueid"], cause, _at(event)))

    def _on_member_pause(self, event: Message) -> None:
        if event.get("PausedReason") == AUTO_PAUSE and event.get("Paused") == "1":
            extension = extension_of(event["Interface"])
            _write(
                lambda session: operators.report(
                    session, extension=extension, action=SeatAction.NO_ANSWER, at=_at(event), reason=NO_ANSWER
                )
            )

    def _on_hold_key(self, event: Message) -> None:
        """An operator's own phone: no dialplan runs then, so this is not in the journal but seen in what is up."""
        if event.get(PARTY) == Party.OPERATOR and not self.ami.must_catch_up:
            key, held = event.get(LEG) or event["Uniqueid"], event["Event"] == "Hold"
            _write(lambda session: people.held_at_phone(session, leg_key=key, held=held, at=_at(event)))

    def _align(self, extension: str) -> None:
        """The queues follow the seat; where that fails now, the next catch-up does it."""
        try:
            desk.align(self.control, extension)
        except (TelephonyUnavailable, TelephonyRefused) as error:
            log.warning("queues not aligned", extension=extension, error=error.code)

    # -- catching up -------------------------------------------------------------------------------------------------

    def catch_up(self) -> None:
        """What happened while we were away: the journal's facts, then what is up and what is not."""
        asked_at = now()
        if not self._read_journal(min(_behind_since(), self._heard_until) - OVERLAP):
            return
        up = [leg for leg in self.ami.list_action("CoreShowChannels") if leg.get(CALL_ID)]
        _write(lambda session: reconcile.calls(session, up, asked_at))
        _write(lambda session: reconcile.rings(session, up, asked_at))
        held = reconcile.hold_keys(self.ami, up)
        _write(lambda session: reconcile.holds(session, held, asked_at))
        known = self.control.memberships()
        _write(lambda session: reconcile.seats(session, up, known, asked_at))
        desk.align_all(self.control)
        alive.mark(self._settings, "listen")
        with db.reading() as session:
            phones.resync(session, self._phones)
        log.info("caught up with the PBX", calls=len({leg[CALL_ID] for leg in up}))

    def _read_journal(self, since: datetime) -> bool:
        """Write what is not written yet; False when we are closed before the end, so that nothing is made of a part."""
        with db.reading() as session:
            known = {
                tuple(row)
                for row in session.execute(
                    select(TimelineEntry.call_id, TimelineEntry.at, TimelineEntry.fact, TimelineEntry.leg_key).where(
                        TimelineEntry.at >= since
                    )
                )
            }
        for line_of_journal in journal.facts(render.journal_dir(self._settings), since):
            if self._closing.is_set():
                return False
            fact = facts.read(line_of_journal)
            if fact is not None and fact.key not in known:
                self._record_late(fact)
        return True

    @staticmethod
    def _record_late(fact: facts.Fact) -> None:
        try:
            _write(lambda session: facts.record(session, fact))
        except facts.FactNotUnderstood as error:
            log.warning("fact of the journal not understood", fact=fact.name, error=repr(error.__cause__))
        except SQLAlchemyError:
            raise  # the catching up is tried again
        except Exception:
            log.exception("fact of the journal not written", fact=fact.name)


def _behind_since() -> datetime:
    """Everything before this is written: the last fact, or the start of the oldest call that has no end yet.

    True only while nothing is heard: the first event after a gap is the last fact.
    """
    with db.reading() as session:
        latest = session.scalar(select(func.max(TimelineEntry.at)))
        oldest = session.scalar(select(func.min(Call.started_at)).where(Call.ended_at.is_(None)))
    earliest = now() - LONGEST_ABSENCE
    return max(min(at for at in (latest or earliest, oldest or now())), earliest)


def _write(work: Callable[[Session], T]) -> T:
    """One unit of work; tried again a few times while the database does not answer."""
    for wait in RETRY_SECONDS:
        try:
            with db.unit_of_work() as session:
                return work(session)
        except DBAPIError as error:
            log.warning("database does not take an event", error=type(error).__name__, retry_seconds=wait)
            time.sleep(wait)
    with db.unit_of_work() as session:
        return work(session)


def _at(event: Message) -> datetime:
    """When the event happened, by the PBX's clock (`timestampevents`), to the millisecond as in its facts."""
    return datetime.fromtimestamp(int(float(event["Timestamp"]) * 1000) / 1000, UTC)


def serve(settings: Settings) -> None:
    """`callcenter listen`: until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    listener = Listener(settings).start()
    try:
        while not stop.wait(FORGET_SECONDS):
            journal.forget(render.journal_dir(settings), before=now() - LONGEST_ABSENCE)
    finally:
        listener.close()
        alive.clear(settings, "listen")
