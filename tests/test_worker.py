"""The worker: one process sweeps, a failing sweep stops nothing, Redis away stops nothing."""

from collections.abc import Iterator

import pytest

from callcenter import worker
from callcenter.core import redis
from callcenter.core.work import SWEEPS, Sweep

pytestmark = pytest.mark.api


@pytest.fixture
def clean(redis_server: str) -> Iterator[None]:
    redis.connection().delete(worker._ELECTION)
    yield
    redis.connection().delete(worker._ELECTION)


@pytest.mark.usefixtures("clean")
def test_one_is_elected_and_stays_so_until_it_is_gone() -> None:
    assert worker.is_elected("first")
    assert not worker.is_elected("second")
    assert worker.is_elected("first")
    redis.connection().delete(worker._ELECTION)  # as when its time has run out
    assert worker.is_elected("second")


@pytest.mark.usefixtures("clean")
def test_a_sweep_runs_only_while_elected_and_may_fail() -> None:
    ran: list[str] = []

    def sweep() -> None:
        ran.append("swept")
        raise RuntimeError("this round failed")

    worker.guarded(Sweep(sweep, 1), "first")()
    worker.guarded(Sweep(sweep, 1), "second")()
    assert ran == ["swept"]


def test_with_redis_away_every_worker_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> object:
        raise ConnectionError

    monkeypatch.setattr(worker, "connection", away)
    assert worker.is_elected("first")
    assert worker.is_elected("second")


def test_every_domain_registers_its_sweeps() -> None:
    worker.load_jobs()
    homes = {sweep.run.__module__ for sweep in SWEEPS}
    assert {"callcenter.transcripts.jobs", "callcenter.tickets.jobs", "callcenter.knowledge.jobs"} <= homes
