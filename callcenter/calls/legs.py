"""What the API says of one party's line, and of a unit's contacts who were rung for it. Numbers are masked."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from callcenter.calls.models import Leg, Party
from callcenter.calls.telephony import CAUSE_MESSAGES, CAUSE_NAMES, Cause
from callcenter.core.masking import mask_number


class RungOut(BaseModel):
    """Somebody a unit has on call, in the order of ringing; `result_name` says in Chinese what came of it."""

    name: str
    number: str
    answered: bool
    result_name: str


class LegOut(BaseModel, from_attributes=True):
    """One party's line; `cause_text` says in Chinese why it ended or was never answered."""

    id: int
    party: Party
    user_id: int | None
    unit_id: str | None
    number: str
    invited_at: datetime | None
    answered_at: datetime | None
    left_at: datetime | None
    holding_since: datetime | None = Field(description="话务员在话机上按了保持键的时刻，未保持为空")
    cause: str
    cause_text: str
    contacts: list[RungOut]
    """Of a unit's call by its rota; empty for a number that was typed."""

    @classmethod
    def of(cls, leg: Leg) -> Self:
        known = {name: getattr(leg, name) for name in cls.model_fields if hasattr(leg, name)}
        text = CAUSE_MESSAGES[Cause(leg.cause)] if leg.cause else ""
        # An extension is nobody's private number.
        number = (leg.number or "") if leg.party is Party.OPERATOR else mask_number(leg.number)
        return cls.model_validate({**known, "number": number, "cause_text": text, "contacts": rung_for(leg)})


def rung_for(leg: Leg) -> list[RungOut]:
    """Who was rung, with what result, and who answered."""
    rung = next((contact for contact in leg.contacts if not contact["cause"]), None)
    found = []
    for contact in leg.contacts:
        answered = leg.answered_at is not None and contact["number"] == leg.number
        if answered:
            result = "已接听"
        elif contact["cause"]:
            result = CAUSE_NAMES[Cause(contact["cause"])]
        elif leg.answered_at or contact is not rung:
            result = "未拨打"
        else:
            result = CAUSE_NAMES[Cause(leg.cause)] if leg.left_at else "正在振铃"
        shown = mask_number(contact["number"])
        found.append(RungOut(name=contact["name"], number=shown, answered=answered, result_name=result))
    return found
