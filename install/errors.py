"""The one error of the set-up: a sentence that says what happened, and one that says what to do."""

from __future__ import annotations


class SetupError(Exception):
    """Ends the set-up; shown to the person who ran it, without a traceback."""

    def __init__(self, problem: str, remedy: str, english: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.english = english

    def __str__(self) -> str:
        return f"{self.problem}\n  办法：{self.remedy}\n  ({self.english})"
