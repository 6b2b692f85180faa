"""Who may do what: roles, permissions, password hashes, opaque session tokens."""

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from callcenter.core.errors import Forbidden


class Role(StrEnum):
    """The field's roles; a user may have several."""

    OPERATOR = "operator"
    LEADER = "leader"
    SUPERVISOR = "supervisor"
    SURVEYOR = "surveyor"
    DISPATCHER = "dispatcher"
    REVIEWER = "reviewer"
    DEPARTMENT = "department"
    UNIT_HEAD = "unit_head"
    AUDITOR = "auditor"
    MEDIA = "media"
    ADMIN = "admin"
    SYSTEM = "system"


ROLE_NAMES = {
    Role.OPERATOR: "话务员",
    Role.LEADER: "值机领导",
    Role.SUPERVISOR: "班长",
    Role.SURVEYOR: "回访员",
    Role.DISPATCHER: "派单员",
    Role.REVIEWER: "审核员",
    Role.DEPARTMENT: "承办单位",
    Role.UNIT_HEAD: "承办单位负责人",
    Role.AUDITOR: "审计员",
    Role.MEDIA: "媒体",
    Role.ADMIN: "管理员",
    Role.SYSTEM: "系统",
}


UNIT_ROLES = frozenset({Role.DEPARTMENT, Role.UNIT_HEAD})
"""People of a handling unit: they see their unit's tickets only."""


class Permission(StrEnum):
    """What can be allowed; named noun.verb."""

    SEAT_USE = "seat.use"
    SEAT_STEER = "seat.steer"
    CALL_CONTROL = "call.control"
    CALL_READ = "call.read"
    CALL_MONITOR = "call.monitor"
    RECORDING_PLAY = "recording.play"
    PERSON_REVEAL = "person.reveal"
    TICKET_CREATE = "ticket.create"
    TICKET_READ = "ticket.read"
    TICKET_DISPATCH = "ticket.dispatch"
    TICKET_HANDLE = "ticket.handle"
    TICKET_REVIEW = "ticket.review"
    TICKET_SUPERVISE = "ticket.supervise"
    TICKET_EXPORT = "ticket.export"
    AUDIT_READ = "audit.read"
    RULES_READ = "rules.read"
    RULES_PUBLISH = "rules.publish"
    STATE_READ = "state.read"
    FOLLOWUP_WORK = "followup.work"
    QUALITY_REVIEW = "quality.review"
    KNOWLEDGE_READ = "knowledge.read"
    KNOWLEDGE_EDIT = "knowledge.edit"
    KNOWLEDGE_REVIEW = "knowledge.review"
    DUTY_PLAN = "duty.plan"
    MEDIA_LISTEN = "media.listen"
    APPRAISAL_READ = "appraisal.read"
    APPRAISAL_RULE = "appraisal.rule"
    APPRAISAL_SIGN = "appraisal.sign"
    REPORT_READ = "report.read"
    REPORT_BUILD = "report.build"
    WARNING_HANDLE = "warning.handle"
    ADMIN = "admin.all"


_SEAT = {
    Permission.SEAT_USE,
    Permission.CALL_CONTROL,
    Permission.CALL_READ,
    Permission.RECORDING_PLAY,
    Permission.PERSON_REVEAL,
    Permission.TICKET_CREATE,
    Permission.TICKET_READ,
    Permission.RULES_READ,
    Permission.STATE_READ,
    Permission.KNOWLEDGE_READ,
}
_OFFICE = {
    Permission.CALL_READ,
    Permission.RECORDING_PLAY,
    Permission.PERSON_REVEAL,
    Permission.TICKET_READ,
    Permission.RULES_READ,
    Permission.STATE_READ,
    Permission.KNOWLEDGE_READ,
}
_UNIT = {Permission.TICKET_READ, Permission.TICKET_HANDLE, Permission.KNOWLEDGE_READ, Permission.KNOWLEDGE_EDIT}
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OPERATOR: frozenset(_SEAT | {Permission.TICKET_DISPATCH}),
    Role.LEADER: frozenset(
        _SEAT
        | {Permission.TICKET_SUPERVISE, Permission.TICKET_DISPATCH, Permission.APPRAISAL_READ}
        | {Permission.APPRAISAL_SIGN, Permission.REPORT_READ, Permission.WARNING_HANDLE}
    ),
    Role.SUPERVISOR: frozenset(
        _SEAT
        | {Permission.TICKET_DISPATCH, Permission.TICKET_REVIEW, Permission.TICKET_SUPERVISE, Permission.RULES_PUBLISH}
        | {Permission.KNOWLEDGE_EDIT, Permission.KNOWLEDGE_REVIEW, Permission.CALL_MONITOR, Permission.TICKET_EXPORT}
        | {Permission.FOLLOWUP_WORK, Permission.DUTY_PLAN, Permission.SEAT_STEER, Permission.QUALITY_REVIEW}
        | {Permission.APPRAISAL_READ, Permission.APPRAISAL_RULE, Permission.WARNING_HANDLE}
        | {Permission.REPORT_READ, Permission.REPORT_BUILD}
    ),
    Role.SURVEYOR: frozenset(
        {Permission.CALL_READ, Permission.TICKET_READ, Permission.CALL_CONTROL, Permission.KNOWLEDGE_READ}
        | {Permission.SEAT_USE, Permission.FOLLOWUP_WORK, Permission.STATE_READ}
    ),
    Role.DISPATCHER: frozenset(_OFFICE | {Permission.TICKET_CREATE, Permission.TICKET_DISPATCH}),
    Role.REVIEWER: frozenset(_OFFICE | {Permission.TICKET_REVIEW, Permission.TICKET_EXPORT}),
    Role.DEPARTMENT: frozenset(_UNIT | {Permission.APPRAISAL_READ}),
    Role.UNIT_HEAD: frozenset(_UNIT | {Permission.TICKET_EXPORT, Permission.APPRAISAL_READ, Permission.APPRAISAL_SIGN}),
    Role.AUDITOR: frozenset(
        {Permission.TICKET_READ, Permission.CALL_READ, Permission.STATE_READ, Permission.RULES_READ}
        | {Permission.KNOWLEDGE_READ, Permission.AUDIT_READ}
    ),
    Role.MEDIA: frozenset({Permission.MEDIA_LISTEN}),
    Role.ADMIN: frozenset(Permission),
    Role.SYSTEM: frozenset(Permission),
}


@dataclass(frozen=True)
class Actor:
    """The person (or part of the system) on whose behalf something is done."""

    user_id: int | None
    name: str
    roles: frozenset[Role]
    unit_id: str | None = None

    def may(self, permission: Permission) -> bool:
        return any(permission in PERMISSIONS[role] for role in self.roles)


SYSTEM = Actor(user_id=None, name="系统", roles=frozenset({Role.SYSTEM}))


def require(by: Actor, permission: Permission) -> None:
    """Raise Forbidden unless one of the actor's roles has the permission."""
    if not by.may(permission):
        raise Forbidden(f"您的账号没有此项权限（{permission}），如需办理请联系班长或管理员。")


_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def verify_password(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (Argon2Error, InvalidHashError):
        return False


def new_token() -> str:
    """Opaque session token: 256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What the database keeps of a token, so that a copy of the table opens no session."""
    return hashlib.sha256(token.encode()).hexdigest()
