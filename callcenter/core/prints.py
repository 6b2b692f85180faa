"""Official forms for print: a head, a table of what is known, text, a place to sign and stamp."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib.colors import black
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

from callcenter.core.clock import local
from callcenter.settings import get_settings

_FONT, _FALLBACK = "print", "STSong-Light"
_MARGIN = 22 * mm
_LABEL = 28 * mm


@dataclass(frozen=True)
class Form:
    """What stands on one sheet."""

    title: str
    number: str
    issuer: str
    fields: Sequence[tuple[str, str]]
    text: Sequence[str]
    signed_by: Sequence[str]
    """Who signs below: one line each."""
    issued_at: datetime


def font_name(file: Path | None = None) -> str:
    """The font for Chinese, put inside the file; where it is missing, the reader's own Song typeface."""
    try:
        pdfmetrics.getFont(_FONT)
    except KeyError:
        try:
            pdfmetrics.registerFont(TTFont(_FONT, str(file or get_settings().print_font), subfontIndex=0))
        except (TTFError, OSError):
            pdfmetrics.registerFont(UnicodeCIDFont(_FALLBACK))
            return _FALLBACK
    return _FONT


def pdf(form: Form) -> bytes:
    """The form as PDF."""
    plain = ParagraphStyle("plain", fontName=font_name(), fontSize=11, leading=18, wordWrap="CJK")
    title = ParagraphStyle("title", plain, fontSize=20, leading=30, alignment=1, spaceAfter=4 * mm)
    right = ParagraphStyle("right", plain, alignment=2)
    body = ParagraphStyle("body", plain, firstLineIndent=22, spaceBefore=2 * mm)
    rows = [[Paragraph(escape(label), plain), Paragraph(_lines(value), plain)] for label, value in form.fields]
    width = A4[0] - 2 * _MARGIN
    flow = [
        Paragraph(escape(form.title), title),
        Paragraph(escape(f"编号：{form.number}"), right),
        Spacer(1, 2 * mm),
        Table(rows, colWidths=[_LABEL, width - _LABEL], style=[("GRID", (0, 0), (-1, -1), 0.5, black)]),
        *(Paragraph(_lines(text), body) for text in form.text),
        Spacer(1, 10 * mm),
        *(Paragraph(escape(f"{line}："), plain) for line in form.signed_by),
        Paragraph(escape(form.issuer), right),
        Paragraph(f"{local(form.issued_at):%Y年%m月%d日}", right),
    ]
    out = io.BytesIO()
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), _MARGIN)
    SimpleDocTemplate(out, pagesize=A4, title=f"{form.title} {form.number}", **margins).build(flow)
    return out.getvalue()


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br/>")
