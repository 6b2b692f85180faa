"""Kinds of text and keys that requests carry: bounded, trimmed, and storable by both databases."""

from typing import Annotated

from pydantic import Field, StringConstraints

# PostgreSQL stores no NUL character, and its integers end here.
_TEXT = r"^[^\x00]*$"
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=_TEXT)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000, pattern=_TEXT)]
Key = Annotated[int, Field(ge=1, le=2**31 - 1)]
PhoneNumber = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{3,18}$")]
