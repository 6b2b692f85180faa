"""The telephone system as routes get it: whatever `main.py` gave the application."""

from typing import Annotated

from fastapi import Depends, Request

from callcenter.operators.telephony import SeatTelephony, TelephonyUnavailable


def telephony_of(request: Request) -> SeatTelephony:
    """What the application was started with."""
    telephony: SeatTelephony | None = getattr(request.app.state, "telephony", None)
    if telephony is None:
        raise TelephonyUnavailable
    return telephony


SeatTelephonyDep = Annotated[SeatTelephony, Depends(telephony_of)]
