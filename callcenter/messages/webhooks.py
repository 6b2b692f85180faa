"""Tells other systems of steps of tickets: a row each, one signed request, tried again until it is taken."""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import httpx2
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import audit
from callcenter.core.clock import now
from callcenter.core.errors import Invalid, NotFound, Unavailable
from callcenter.core.security import Actor, Permission, require
from callcenter.messages import service
from callcenter.messages.models import Channel, Message, Webhook

ANSWER_SECONDS = 5.0
_ACTIVE = "webhooks"
TEST = "test"
"""The event of a message that only tries the way."""
SIGNATURE = "X-Hotline-Signature"
"""`t=<seconds>,sha256=<hex>` over `<seconds>.<body>`; the receiver refuses what is old, so that nothing is replayed."""


def create(session: Session, *, name: str, url: str, events: Sequence[str], by: Actor) -> tuple[Webhook, str]:
    """The hook and its secret, which is not shown again."""
    require(by, Permission.ADMIN)
    _require_address(url)
    secret = secrets.token_urlsafe(32)
    hook = Webhook(name=name, url=url, secret=secret, events=list(events), created_at=now())
    session.add(hook)
    session.flush()
    session.info.pop(_ACTIVE, None)
    audit.record(session, by, "webhook.create", f"webhook:{hook.id}", details={"url": url, "events": hook.events})
    return hook, secret


def listed(session: Session, *, by: Actor) -> list[Webhook]:
    require(by, Permission.ADMIN)
    return list(session.scalars(select(Webhook).order_by(Webhook.id)))


def change(session: Session, *, hook_id: int, name: str, url: str, events: Sequence[str], by: Actor) -> Webhook:
    """Another name, address or choice of events; what waits to be told goes to the new address. The secret stays."""
    require(by, Permission.ADMIN)
    _require_address(url)
    hook = _known(session, hook_id)
    before = {"name": hook.name, "url": hook.url, "events": hook.events}
    hook.name, hook.url, hook.events = name, url, list(events)
    session.info.pop(_ACTIVE, None)
    details = {"before": before, "after": {"name": name, "url": url, "events": hook.events}}
    audit.record(session, by, "webhook.change", f"webhook:{hook.id}", details=details)
    return hook


def switch(session: Session, *, hook_id: int, active: bool, by: Actor) -> Webhook:
    """Stop telling a system, or start again; what happens while it is off is not told later."""
    require(by, Permission.ADMIN)
    hook = _known(session, hook_id)
    hook.is_active = active
    session.info.pop(_ACTIVE, None)
    audit.record(session, by, "webhook.switch", f"webhook:{hook.id}", details={"active": active})
    return hook


def deliveries(session: Session, *, hook_id: int, limit: int, by: Actor) -> list[Message]:
    """What a system was told lately and what became of it, newest first."""
    require(by, Permission.ADMIN)
    chosen = select(Message).where(Message.hook_id == hook_id).order_by(Message.id.desc()).limit(limit)
    return list(session.scalars(chosen))


def attempt(session: Session, *, hook_id: int, by: Actor) -> None:
    """Send a system a message that says nothing, to see whether it is taken."""
    require(by, Permission.ADMIN)
    hook = session.get(Webhook, hook_id)
    if hook is None or not hook.is_active:
        raise NotFound("这个接口推送不存在或已停用，请启用后再试。", code="webhook_not_found")
    service.say(
        session,
        key=f"hook:{hook.id}:{TEST}:{secrets.token_hex(8)}",
        channel=Channel.WEBHOOK,
        subject=f"webhook:{hook.id}",
        title=TEST,
        text=json.dumps({"event": TEST, "at": now().isoformat()}, ensure_ascii=False),
        hook_id=hook.id,
    )
    audit.record(session, by, "webhook.test", f"webhook:{hook.id}")


def announce(session: Session, *, event: str, key: str, subject: str, payload: dict[str, Any]) -> None:
    """Leave a message for every system that wants to know; nothing in it says who asked."""
    for hook_id, events in _active(session):
        if not events or event in events:
            service.say(
                session,
                key=f"hook:{hook_id}:{event}:{key}",
                channel=Channel.WEBHOOK,
                subject=subject,
                title=event,
                text=json.dumps({"event": event, **payload}, ensure_ascii=False),
                hook_id=hook_id,
            )


def _known(session: Session, hook_id: int) -> Webhook:
    hook = session.get(Webhook, hook_id)
    if hook is None:
        raise NotFound("没有这个接口推送，请刷新列表。", code="webhook_not_found")
    return hook


def _require_address(url: str) -> None:
    try:
        address = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise Invalid("推送地址看不懂，请核对主机名和端口。") from error
    if address.scheme not in ("http", "https") or not address.host:
        raise Invalid("推送地址应以 http:// 或 https:// 开头，请核对。")


def _active(session: Session) -> list[tuple[int, list[str]]]:
    """Which hooks want which events; read once for each unit of work, without the secrets."""
    if _ACTIVE not in session.info:
        chosen = select(Webhook.id, Webhook.events).where(Webhook.is_active).order_by(Webhook.id)
        session.info[_ACTIVE] = [(row.id, row.events) for row in session.execute(chosen)]
    hooks: list[tuple[int, list[str]]] = session.info[_ACTIVE]
    return hooks


def request_of(session: Session, message: Message) -> Callable[[], None] | None:
    """The request that delivers the message; None when its hook is off."""
    hook = session.get(Webhook, message.hook_id)
    if hook is None or not hook.is_active:
        return None
    return partial(post, hook.url, secret=hook.secret, key=message.key, body=message.text)


def post(url: str, *, secret: str, key: str, body: str) -> None:
    """Unavailable: try again; Invalid: the other side refuses this message for good."""
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": key,
        SIGNATURE: signature(secret, body, at=int(time.time())),
    }
    try:
        answer = httpx2.post(url, content=body.encode(), headers=headers, timeout=ANSWER_SECONDS)
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise Invalid("推送地址无效，请停用后另建。") from error
    except httpx2.HTTPError as error:
        raise Unavailable(f"对方系统没有应答（{type(error).__name__}）。") from error
    if answer.is_server_error or answer.status_code in (httpx2.codes.TOO_MANY_REQUESTS, httpx2.codes.REQUEST_TIMEOUT):
        raise Unavailable(f"对方系统暂时不收（{answer.status_code}）。")
    if not answer.is_success:
        raise Invalid(f"对方系统拒绝（{answer.status_code}）。")


def signature(secret: str, body: str, *, at: int) -> str:
    """What a receiver computes again with the secret it was given."""
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},sha256={digest}"
