"""Kills a process at a chosen moment of its work: before a write, before or after a commit, around a request."""

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count
from multiprocessing.connection import Connection
from typing import Any, NoReturn

import httpx2
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session, configure_mappers

from callcenter.core import db
from callcenter.routing.service import rule_book
from callcenter.settings import get_settings
from callcenter.tables import load_models
from callcenter.tickets.profiles import city_profiles

# A process without threads of ours, so that each child that it has starts from the same plain state.
_CONTEXT = multiprocessing.get_context("forkserver")
PATIENCE = 90
_MOST = 200


@dataclass(frozen=True)
class _Order:
    """What a child is to do, on which database, and when it is to die."""

    url: str
    moment: int
    sms_url: str
    work: Callable[..., None]
    arguments: tuple[Any, ...]


def crashes(engine: Engine, work: Callable[..., None], *arguments: Any) -> Iterator[int]:
    """Do the work in a process that is killed at its first moment, then at its second, and so on.

    Yields after each death, for a look at what is left. Ends when the work came to its end: so work that goes on
    where it was left is killed at every moment there is.
    """
    url = engine.url.render_as_string(hide_password=False)
    for moment in count(1):
        assert moment < _MOST, "the work does not come to its end"
        parent = _parent()
        parent.send(_Order(url, moment, get_settings().sms_url, work, arguments))
        assert parent.poll(PATIENCE), f"nothing came of moment {moment}"
        ended = parent.recv()
        if ended == 0:
            return
        assert ended == -signal.SIGKILL, f"moment {moment}: {ended}"
        yield moment


@cache
def _parent() -> Connection:
    """Made once, because it takes seconds to read the program and the rules."""
    here, there = _CONTEXT.Pipe()
    _CONTEXT.Process(target=_bear, args=(there,), daemon=True).start()
    there.close()
    return here


def _bear(orders: Connection) -> None:
    """Has a child for each order, and says how it ended."""
    load_models()
    configure_mappers()
    city_profiles()
    rule_book().current()
    while True:
        try:
            order: _Order = orders.recv()
        except EOFError:
            return
        child = os.fork()
        if child == 0:
            _live(order)
        orders.send(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _live(order: _Order) -> NoReturn:
    get_settings().sms_url = order.sms_url
    engine = db.make_engine(order.url)
    db.bind(engine)
    _die_at(order.moment, engine)
    try:
        order.work(*order.arguments)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _die_at(moment: int, engine: Engine) -> None:
    left = moment

    def pass_by(*_: object, **__: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def before_statement(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.lstrip().startswith(("SELECT", "PRAGMA", "SAVEPOINT", "RELEASE")):
            pass_by()

    event.listen(engine, "before_cursor_execute", before_statement)
    event.listen(Session, "before_commit", pass_by)
    event.listen(Session, "after_commit", pass_by, insert=True)
    post = httpx2.post

    def request(*arguments: Any, **named: Any) -> httpx2.Response:
        pass_by()
        answer = post(*arguments, **named)
        pass_by()
        return answer

    httpx2.post = request
