"""The web pages: one application, built by the set-up into plain files and served from here or by the site's proxy."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import FileResponse, HTMLResponse, Response
from fastapi.staticfiles import StaticFiles

NOT_BUILT = (
    "<!doctype html><meta charset=utf-8><title>12345 热线</title>"
    "<p>网页还没有生成，请运行 make setup；接口可照常使用。</p>"
)
RESERVED = ("api/", "public/", "internal/", "metrics", "docs", "openapi.json", "redoc")
"""What is never a page: an unknown address there is 404, not the application."""
HEADERS = {
    # The sound of recordings and the browser's phone need nothing from elsewhere; Element Plus sets styles on elements.
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; "
        "media-src 'self' blob:; object-src 'none'; frame-ancestors 'none'; base-uri 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


class _Assets(StaticFiles):
    """Files whose names change with their content: a browser never asks for one twice."""

    def file_response(self, *args: Any, **more: Any) -> Response:
        response = super().file_response(*args, **more)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def mount_pages(app: FastAPI, folder: Path) -> None:
    """Every address that is nobody else's is a page of the one application."""
    if (folder / "assets").is_dir():
        app.mount("/assets", GZipMiddleware(_Assets(directory=folder / "assets")), name="assets")

    @app.get("/{path:path}", include_in_schema=False)
    def page(request: Request, path: str) -> Response:
        if path.startswith(RESERVED) or "text/html" not in request.headers.get("Accept", "text/html"):
            raise HTTPException(404)
        index = folder / "index.html"
        if not index.is_file():
            return HTMLResponse(NOT_BUILT, status_code=503)
        return FileResponse(index, headers=HEADERS)
