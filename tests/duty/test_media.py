"""Who may sit with a leader's shift, and what a caller's word does, without a telephone system."""

from datetime import timedelta

import pytest

from callcenter.core import db
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.core.security import Role
from callcenter.duty.models import Consent, DutyKind
from callcenter.duty.service import contacts, media
from tests.duty.conftest import WATER, Town

pytestmark = pytest.mark.db


@pytest.fixture
def journalist(town: Town) -> int:
    town.add("记者", Role.MEDIA)
    return town.id("记者")


def consent_of(call_id: str) -> Consent | None:
    with db.reading() as session:
        row = media.consent_of(session, call_id)
        return row.consent if row else None


def test_only_a_journalist_and_only_with_a_leader(town: Town, journalist: int) -> None:
    leaders, office = town.shift(), town.shift("沈话务", kind=DutyKind.OFFICE)
    over = town.shift(starts_at=now() - timedelta(hours=3), ends_at=now() - timedelta(hours=1))
    boss = town.people["顾班长"]
    with db.unit_of_work() as session:
        with pytest.raises(Invalid, match="媒体账号"):
            media.admit(session, shift_id=leaders.id, user_id=town.id("沈话务"), by=boss)
        with pytest.raises(Conflict, match="领导值机"):
            media.admit(session, shift_id=office.id, user_id=journalist, by=boss)
        with pytest.raises(Conflict, match="已经结束"):
            media.admit(session, shift_id=over.id, user_id=journalist, by=boss)
        with pytest.raises(Forbidden):
            media.admit(session, shift_id=leaders.id, user_id=journalist, by=town.people["沈话务"])
        with pytest.raises(NotFound):
            media.own_shift(session, town.people["记者"])
        media.admit(session, shift_id=leaders.id, user_id=journalist, by=boss)
        assert media.own_shift(session, town.people["记者"]).id == leaders.id
        media.admit(session, shift_id=leaders.id, user_id=None, by=boss)
        with pytest.raises(NotFound):
            media.own_shift(session, town.people["记者"])


def test_yes_only_from_who_is_on_the_call_no_from_anybody(town: Town, journalist: int) -> None:
    shift = town.shift(media_user_id=journalist)
    call_id = town.talk()
    with pytest.raises(Forbidden):
        media.note(town.telephony, call_id=call_id, consent=Consent.LISTEN, by=town.people["陆记录"])
    assert consent_of(call_id) is None
    media.note(town.telephony, call_id=call_id, consent=Consent.LISTEN, by=town.people["沈话务"])
    assert town.telephony.asked[-1] == ("set_consent", {"seat": "", "caller": f"{call_id}-c", "given": True})
    contacts.hand_over(town.telephony, call_id=call_id, shift_id=shift.id, brief=WATER, by=town.people["沈话务"])
    verb, given = town.telephony.asked[-1]
    assert (verb, given["seat"], given["caller"]) == ("open_to_media", f"media-{shift.id}", f"{call_id}-c")
    media.note(town.telephony, call_id=call_id, consent=Consent.NONE, by=town.people["陆记录"])
    assert town.telephony.asked[-1][1] == {"seat": f"media-{shift.id}", "caller": f"{call_id}-c", "given": False}
    assert consent_of(call_id) is Consent.NONE


def test_a_telephone_system_that_is_away_leaves_the_seat_silent(town: Town, journalist: int) -> None:
    shift = town.shift(media_user_id=journalist)
    call_id = town.talk()
    town.telephony.fail = {"open_to_media"}
    contacts.hand_over(town.telephony, call_id=call_id, shift_id=shift.id, brief=WATER, by=town.people["沈话务"])
    assert "consult" in town.telephony.verbs()


@pytest.mark.parametrize(
    ("key", "consent"), [("1", Consent.LISTEN), ("2", Consent.BROADCAST), ("", Consent.NONE), ("7", Consent.NONE)]
)
def test_the_callers_key(town: Town, key: str, consent: Consent) -> None:
    call_id = town.talk()
    with db.unit_of_work() as session:
        media.pressed(session, call_id=call_id, key=key, at=now())
    assert consent_of(call_id) is consent
