"""Operators' phones, pushed by ARI into Asterisk's own database: they survive its restart and need no other server."""

from collections.abc import Mapping
from typing import Any

import httpx2
from sqlalchemy.orm import Session

from callcenter.core.log import get_logger
from callcenter.operators import service as operators
from callcenter.operators.telephony import PhoneKind, TelephonyRefused, TelephonyUnavailable
from callcenter.settings import Settings

log = get_logger(__name__)

ANSWER_SECONDS = 3.0
_CONFIG = "/asterisk/config/dynamic/res_pjsip"
# A silent phone (closed browser, lost power) ends its leg after this, so that the caller goes back to the queue.
RTP_SECONDS = 15
_ENDPOINT = {
    "transport": "",
    "context": "operators",
    "disallow": "all",
    "allow": "alaw,ulaw",
    "language": "zh",
    "direct_media": "no",
    "dtmf_mode": "rfc4733",
    "rtp_timeout": str(RTP_SECONDS),
    "rtp_timeout_hold": "300",
    "rtp_symmetric": "yes",
    "force_rport": "yes",
    "rewrite_contact": "yes",
    # Transfers by the phone itself would take the call out of the application's sight.
    "allow_transfer": "no",
    "allow_subscribe": "no",
    "device_state_busy_at": "1",
}


# A browser speaks WebRTC: sound encrypted with keys of the moment, addresses found by ICE.
_BROWSER = {"webrtc": "yes", "dtls_auto_generate_cert": "yes"}


class Phones:
    """Extensions that may register. Every method may be repeated."""

    def __init__(self, settings: Settings) -> None:
        self._client = httpx2.Client(
            base_url=f"http://{settings.ari_host}:{settings.ari_port}/ari",
            auth=(settings.ari_user, settings.ari_secret),
            timeout=ANSWER_SECONDS,
        )

    def put(self, extension: str, password: str, kind: PhoneKind) -> None:
        """Let a phone of this kind with this password register as the extension."""
        # What WebRTC switches on stays on in an endpoint that is only changed, so it is made anew.
        self._ask("DELETE", f"{_CONFIG}/endpoint/{extension}", missing_is_fine=True)
        for part, fields in _objects(extension, password, kind).items():
            body = {"fields": [{"attribute": name, "value": value} for name, value in fields.items() if value]}
            self._ask("PUT", f"{_CONFIG}/{part}/{extension}", json=body)

    def has(self, extension: str, password: str, kind: PhoneKind) -> bool:
        """Whether the phone is known just so. One that is made anew cannot be rung for a moment, so ask first."""
        for part, wanted in _objects(extension, password, kind).items():
            answer = self._ask("GET", f"{_CONFIG}/{part}/{extension}", missing_is_fine=True)
            if answer.status_code == 404:
                return False
            known = {field["attribute"]: field["value"] for field in answer.json()}
            if any(_plain(known[name]) != _plain(value) for name, value in wanted.items() if name in known):
                return False
        return True

    def remove(self, extension: str) -> None:
        """Forget the extension; forgetting an unknown one is fine."""
        for kind in ("endpoint", "aor", "auth"):
            self._ask("DELETE", f"{_CONFIG}/{kind}/{extension}", missing_is_fine=True)

    def known(self) -> set[str]:
        """Extensions that may register; the trunk, which has a name and no number, is not one."""
        endpoints = self._ask("GET", "/endpoints/PJSIP").json()
        return {endpoint["resource"] for endpoint in endpoints if endpoint["resource"].isdecimal()}

    def _ask(self, method: str, path: str, *, missing_is_fine: bool = False, **more: Any) -> httpx2.Response:
        try:
            answer = self._client.request(method, path, **more)
        except httpx2.HTTPError as error:
            log.warning("the PBX does not take phones", error=type(error).__name__)
            raise TelephonyUnavailable from error
        if answer.status_code == 404 and missing_is_fine:
            return answer
        if answer.is_server_error:
            raise TelephonyUnavailable
        if answer.is_error:
            raise TelephonyRefused(f"{answer.status_code} {answer.text[:200]}", "电话系统没有接受该分机的设置。")
        return answer

    def close(self) -> None:
        self._client.close()


def _objects(extension: str, password: str, kind: PhoneKind) -> dict[str, Mapping[str, str]]:
    """What makes up a phone, in the order in which it can be made."""
    extra = _BROWSER if kind is PhoneKind.BROWSER else {"webrtc": "no"}
    return {
        "auth": {"auth_type": "userpass", "username": extension, "password": password},
        "aor": {"max_contacts": "1", "remove_existing": "yes", "qualify_frequency": "30"},
        "endpoint": {"auth": extension, "aors": extension, **_ENDPOINT, **extra},
    }


def _plain(value: str) -> str:
    """A value as the PBX says it or as we give it: `(alaw|ulaw)` and `alaw,ulaw`, `true` and `yes`."""
    plain = value.strip("()").replace("|", ",").lower()
    return {"true": "yes", "false": "no"}.get(plain, plain)


def resync(session: Session, phones: Phones) -> None:
    """Every operator's phone and no other: the database is right, whatever happened while one side was away."""
    seats = operators.operators(session)
    for operator in seats:
        phone = (operator.extension, operator.sip_password, operator.phone)
        if not phones.has(*phone):
            phones.put(*phone)
    for gone in phones.known() - {operator.extension for operator in seats}:
        phones.remove(gone)
