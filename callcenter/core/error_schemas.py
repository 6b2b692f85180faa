"""How the interface documents its refusals: one form, with the sentences people see."""

from typing import Any

from pydantic import BaseModel


class ErrorOut(BaseModel):
    """A refusal: a code for programs, a sentence for people, and what belongs to it."""

    error: str
    message: str
    details: dict[str, Any]


def _refusal(description: str, error: str, message: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    example = {"error": error, "message": message, "details": details or {}}
    return {"model": ErrorOut, "description": description, "content": {"application/json": {"example": example}}}


REFUSALS: dict[int | str, dict[str, Any]] = {
    401: _refusal("没有登录或登录已失效", "unauthenticated", "登录已失效，请重新登录。"),
    403: _refusal("没有权限", "forbidden", "您的账号没有此项权限（ticket.review），如需办理请联系班长或管理员。"),
    404: _refusal("没有这样的内容", "ticket_not_found", "没有编号为7的工单，或您无权查看。"),
    409: _refusal("与现状冲突", "stale_version", "这件工单刚被别人办理过，您看到的不是最新内容，请刷新后再办。"),
    422: _refusal(
        "提交的内容有误",
        "invalid_request",
        "提交的内容有误：title 没有填。请改正后重试。",
        {"fields": [{"field": "title", "problem": "没有填"}]},
    ),
    503: _refusal("外部服务没有应答", "database_unavailable", "数据库暂时无法访问，本次操作没有保存，请稍后重试。"),
}
