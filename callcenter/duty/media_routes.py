"""HTTP: the media seat, and the consent without which it hears and sees nothing."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from callcenter.accounts.web import permitted
from callcenter.calls.queries import call as find_call
from callcenter.core.clock import local
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.duty.contact_routes import Reader, Steerer, TelephonyDep
from callcenter.duty.models import Consent, MediaConsent
from callcenter.duty.routes import KeyPath, Planner
from callcenter.duty.schemas import PersonOut, ShiftOut
from callcenter.duty.service import media
from callcenter.duty.service.media import MediaView
from callcenter.tickets.schemas import Key

router = APIRouter(prefix="/api/duty", tags=["duty"])

Journalist = Annotated[Actor, Depends(permitted(Permission.MEDIA_LISTEN))]
CONSENT_NAMES = {Consent.NONE: "未同意", Consent.LISTEN: "同意旁听", Consent.BROADCAST: "同意旁听和播出"}


class AdmitIn(BaseModel, extra="forbid"):
    """Whom to admit; none: nobody any more."""

    user_id: Key | None


class ConsentIn(BaseModel, extra="forbid"):
    """What the caller said."""

    consent: Consent


class ConsentOut(BaseModel):
    """What holds for a call, and whether any journalist is there to whom it matters."""

    consent: Consent
    consent_name: str
    by_key: bool
    at: datetime | None
    is_media_present: bool

    @classmethod
    def of(cls, row: MediaConsent | None, *, is_media_present: bool) -> Self:
        consent = row.consent if row else Consent.NONE
        return cls(
            consent=consent,
            consent_name=CONSENT_NAMES[consent],
            by_key=row is not None and row.noted_by is None,
            at=local(row.at) if row else None,
            is_media_present=is_media_present,
        )


class MediaOut(BaseModel):
    """A journalist's page: of the call only its subject, never who calls or what was written."""

    leader: str
    starts_at: datetime
    ends_at: datetime
    scope: str
    consent: Consent
    consent_name: str
    subject: str

    @classmethod
    def of(cls, view: MediaView) -> Self:
        shift, contact = view.shift, view.contact
        return cls(
            leader=shift.user.name,
            starts_at=local(shift.starts_at),
            ends_at=local(shift.ends_at),
            scope=shift.scope,
            consent=view.consent,
            consent_name=CONSENT_NAMES[view.consent],
            subject=" · ".join(part for part in (contact.kind, contact.topic, contact.town) if part) if contact else "",
        )


@router.get("/media/people")
def people(_user: Planner, session: ReadingDep) -> list[PersonOut]:
    """Journalists who may be admitted."""
    return [PersonOut.model_validate(user) for user in media.people(session)]


@router.put("/shifts/{shift_id}/media")
def admit(user: Planner, session: SessionDep, telephony: TelephonyDep, shift_id: KeyPath, body: AdmitIn) -> ShiftOut:
    """Admit a journalist to a leader's shift; whoever sat there before is off at once."""
    shift = media.admit(session, shift_id=shift_id, user_id=body.user_id, by=user)
    telephony.hang_up(media.seat_of(shift))
    return ShiftOut.of(shift)


@router.get("/media")
def view(user: Journalist, session: ReadingDep) -> MediaOut | None:
    """The journalist's own page; nothing while they are admitted to no running shift."""
    found = media.view(session, by=user)
    return MediaOut.of(found) if found else None


@router.post("/media/line", status_code=202)
def sit_down(user: Journalist, telephony: TelephonyDep) -> None:
    """Ring the journalist's own phone: silence until a caller has agreed."""
    media.sit_down(telephony, by=user)


@router.delete("/media/line", status_code=204)
def leave(user: Journalist, telephony: TelephonyDep) -> None:
    """The phone off."""
    media.leave(telephony, by=user)


@router.get("/calls/{call_id}/consent")
def read_consent(_user: Reader, session: ReadingDep, call_id: str) -> ConsentOut:
    """What the caller allows the media."""
    row = media.consent_of(session, find_call(session, call_id).id)
    return ConsentOut.of(row, is_media_present=bool(media.present(session)))


@router.post("/calls/{call_id}/consent", status_code=202)
def note_consent(user: Steerer, telephony: TelephonyDep, call_id: str, body: ConsentIn) -> ConsentOut:
    """What the caller said; `none` takes it back and makes the seat silent at once."""
    row = media.note(telephony, call_id=call_id, consent=body.consent, by=user)
    return ConsentOut.of(row, is_media_present=True)


@router.post("/calls/{call_id}/consent/ask", status_code=202)
def ask_consent(user: Steerer, telephony: TelephonyDep, call_id: str) -> None:
    """The line asks the caller alone; a key is the answer, none is no."""
    media.ask(telephony, call_id=call_id, by=user)
