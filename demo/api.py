"""The hotline as seen from outside: its HTTP interface, nothing imported from it."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx2

T = TypeVar("T")


class StepFailed(Exception):
    """What was expected from outside did not happen; the sentence is for people."""


class Api:
    """One logged-in person."""

    def __init__(self, base_url: str, username: str, password: str) -> None:
        self.username = username
        self._http = httpx2.Client(base_url=base_url, timeout=20)
        self.token: str = self.post("/api/login", {"username": username, "password": password})["token"]
        self._http.headers["Authorization"] = f"Bearer {self.token}"

    def get(self, path: str, **query: Any) -> Any:
        return _content(self._http.get(path, params=query))

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return _content(self._http.post(path, json=body or {}))

    def part_of(self, path: str, first: int, last: int) -> httpx2.Response:
        """A byte range, as a player asks for it."""
        return self._http.get(path, headers={"Range": f"bytes={first}-{last}"})

    def close(self) -> None:
        self._http.close()


def _content(answer: httpx2.Response) -> Any:
    if answer.is_error:
        try:
            said = answer.json().get("message") or answer.text
        except ValueError:
            said = answer.text
        raise StepFailed(f"{answer.request.method} {answer.request.url.path} 返回 {answer.status_code}:{said}")
    return answer.json() if answer.content else None


def until(what: str, look: Callable[[], T], seconds: float = 15) -> T:
    """Look again and again until there is something; raise StepFailed naming what was waited for."""
    ends = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > ends:
            raise StepFailed(f"{seconds:.0f} 秒内没有等到：{what}")
        time.sleep(0.2)
    return found
