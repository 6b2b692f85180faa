"""The life of one version of an entry: draft, review, published, and how it ends. Pure."""

from enum import StrEnum

from callcenter.core.errors import Conflict


class EntryStatus(StrEnum):
    """Where a version stands; at most one version of an entry is published."""

    DRAFT = "draft"
    REVIEW = "review"
    PUBLISHED = "published"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class EntryAction(StrEnum):
    """What can be done to a version."""

    EDIT = "edit"
    SUBMIT = "submit"
    SEND_BACK = "send_back"
    PUBLISH = "publish"
    REPLACE = "replace"
    WITHDRAW = "withdraw"


_S, _A = EntryStatus, EntryAction
TRANSITIONS: dict[tuple[EntryStatus, EntryAction], EntryStatus] = {
    (_S.DRAFT, _A.EDIT): _S.DRAFT,
    (_S.DRAFT, _A.SUBMIT): _S.REVIEW,
    (_S.DRAFT, _A.WITHDRAW): _S.WITHDRAWN,
    (_S.REVIEW, _A.SEND_BACK): _S.DRAFT,
    (_S.REVIEW, _A.PUBLISH): _S.PUBLISHED,
    (_S.PUBLISHED, _A.REPLACE): _S.REPLACED,
    (_S.PUBLISHED, _A.WITHDRAW): _S.WITHDRAWN,
}
STATUS_NAMES = {
    _S.DRAFT: "草稿",
    _S.REVIEW: "待审核",
    _S.PUBLISHED: "已发布",
    _S.REPLACED: "已被新版替换",
    _S.WITHDRAWN: "已下架",
}
ACTION_NAMES = {
    _A.EDIT: "修改",
    _A.SUBMIT: "送审",
    _A.SEND_BACK: "退回修改",
    _A.PUBLISH: "发布",
    _A.REPLACE: "替换",
    _A.WITHDRAW: "下架",
}


def next_status(status: EntryStatus, action: EntryAction) -> EntryStatus:
    """The status after the action; Conflict when the action is not possible now."""
    try:
        return TRANSITIONS[status, action]
    except KeyError:
        message = f"这个版本{STATUS_NAMES[status]}，不能{ACTION_NAMES[action]}，请刷新后查看最新状态。"
        raise Conflict(message, code="wrong_status") from None
