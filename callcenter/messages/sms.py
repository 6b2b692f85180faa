"""SMS through the city's gateway: one HTTP request with a key, so that a repeated one is not sent twice."""

import httpx2

from callcenter.core.errors import Invalid, Unavailable
from callcenter.settings import Settings

ANSWER_SECONDS = 5.0


def send(settings: Settings, *, key: str, number: str, text: str) -> None:
    """Hand it over. Unavailable: try again; Invalid: the gateway refuses this message for good."""
    token = {"Authorization": f"Bearer {settings.sms_token}"} if settings.sms_token else {}
    headers = {"Idempotency-Key": key, **token}
    try:
        answer = httpx2.post(
            settings.sms_url, json={"number": number, "text": text}, headers=headers, timeout=ANSWER_SECONDS
        )
    except httpx2.HTTPError as error:
        raise Unavailable(f"短信网关没有应答（{type(error).__name__}）。") from error
    if answer.is_server_error or answer.status_code == httpx2.codes.TOO_MANY_REQUESTS:
        raise Unavailable(f"短信网关暂时不收（{answer.status_code}）。")
    if answer.is_error:
        raise Invalid(f"短信网关拒绝（{answer.status_code}）：{answer.text[:200]}")
