"""How the interface documents its refusals: one form, with the sentences people see, told once for all requests."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

_OF_THE_FRAMEWORK = ("HTTPValidationError", "ValidationError")
"""Its own form of a wrong request, which is never sent."""


class ErrorOut(BaseModel):
    """A refusal: a code for programs, a sentence for people, and what belongs to it."""

    error: str
    message: str
    details: dict[str, Any]


_WRONG_FIELD = {"fields": [{"field": "title", "problem": "没有填"}]}
REFUSALS: dict[int, tuple[str, ErrorOut]] = {
    401: ("没有登录或登录已失效", ErrorOut(error="unauthenticated", message="登录已失效，请重新登录。", details={})),
    403: (
        "没有权限",
        ErrorOut(
            error="forbidden",
            message="您的账号没有此项权限（ticket.review），如需办理请联系班长或管理员。",
            details={},
        ),
    ),
    404: (
        "没有这样的内容",
        ErrorOut(error="ticket_not_found", message="没有编号为7的工单，或您无权查看。", details={}),
    ),
    409: (
        "与现状冲突",
        ErrorOut(
            error="stale_version",
            message="这件工单刚被别人办理过，您看到的不是最新内容，请刷新后再办。",
            details={},
        ),
    ),
    422: (
        "提交的内容有误",
        ErrorOut(
            error="invalid_request",
            message="提交的内容有误：title 没有填。请改正后重试。",
            details=_WRONG_FIELD,
        ),
    ),
    503: (
        "外部服务没有应答",
        ErrorOut(
            error="database_unavailable",
            message="数据库暂时无法访问，本次操作没有保存，请稍后重试。",
            details={},
        ),
    ),
}


def document_refusals(app: FastAPI) -> None:
    """Every request of the interface points at the same few descriptions."""
    describe = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _with_refusals(describe())
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _with_refusals(schema: dict[str, Any]) -> dict[str, Any]:
    parts = schema["components"]
    for name in _OF_THE_FRAMEWORK:
        parts["schemas"].pop(name, None)
    parts["schemas"]["ErrorOut"] = ErrorOut.model_json_schema()
    parts["responses"] = {f"Refusal{status}": _response(*told) for status, told in REFUSALS.items()}
    refusals = {str(status): {"$ref": f"#/components/responses/Refusal{status}"} for status in REFUSALS}
    for path in schema["paths"].values():
        for operation in path.values():
            operation["responses"] |= refusals
    return schema


def _response(description: str, example: ErrorOut) -> dict[str, Any]:
    content = {"schema": {"$ref": "#/components/schemas/ErrorOut"}, "example": example.model_dump()}
    return {"description": description, "content": {"application/json": content}}
