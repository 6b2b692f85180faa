"""The worker role: does background work as it comes, and runs the sweeps in one elected process."""

import importlib
import importlib.util
import pkgutil
import secrets
import signal
import threading
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler
from dramatiq import Worker
from redis.exceptions import RedisError

import callcenter
from callcenter.core import alive, metrics
from callcenter.core.log import get_logger
from callcenter.core.redis import connection
from callcenter.core.work import SWEEPS, Sweep, broker
from callcenter.settings import Settings

log = get_logger(__name__)

THREADS = 4
ELECTION_SECONDS = 30
"""A worker that died holds the sweeps no longer than this."""
_ELECTION = "callcenter.sweeper"


def load_jobs() -> None:
    """Import each `callcenter.<domain>.jobs`, which registers its actors and sweeps."""
    for package in pkgutil.iter_modules(callcenter.__path__):
        name = f"callcenter.{package.name}.jobs"
        if package.ispkg and importlib.util.find_spec(name):
            importlib.import_module(name)


def is_elected(me: str) -> bool:
    """Am I the one who sweeps? With Redis away every worker sweeps: rows are claimed one by one, so nothing doubles."""
    try:
        redis = connection()
        if redis.set(_ELECTION, me, nx=True, ex=ELECTION_SECONDS):
            return True
        if redis.get(_ELECTION) != me:
            return False
        redis.expire(_ELECTION, ELECTION_SECONDS)
    except (RedisError, OSError):
        return True
    return True


def guarded(sweep: Sweep, me: str) -> Callable[[], None]:
    """The sweep, run only while elected; a failure is logged and waits for the next round."""

    def run() -> None:
        if not is_elected(me):
            return
        try:
            sweep.run()
        except Exception:
            metrics.JOBS.labels(sweep.run.__name__, "failed").inc()
            log.exception("sweep failed, the next round tries again", sweep=sweep.run.__name__)
        else:
            metrics.JOBS.labels(sweep.run.__name__, "done").inc()

    return run


def serve(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then finish what is in hand."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    load_jobs()
    me = secrets.token_hex(8)
    worker = Worker(broker, worker_threads=THREADS)
    scheduler = BackgroundScheduler(timezone="UTC")
    for sweep in SWEEPS:
        scheduler.add_job(guarded(sweep, me), "interval", seconds=sweep.seconds, max_instances=1, coalesce=True)
    worker.start()
    scheduler.start()
    alive.mark(settings, "work")
    log.info("working", sweeps=len(SWEEPS))
    stop.wait()
    scheduler.shutdown(wait=False)
    worker.stop()
