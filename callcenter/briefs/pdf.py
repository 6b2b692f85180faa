"""A report for print, with the Chinese font inside, so that it looks the same on every machine."""

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.charts.legends import Legend
from reportlab.graphics.charts.linecharts import HorizontalLineChart
from reportlab.graphics.shapes import Drawing, String
from reportlab.lib.colors import HexColor, black, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer
from reportlab.platypus import Table as Grid

from callcenter.briefs.document import Chart, Document, Heat, Section, Table, shade, shown
from callcenter.core.prints import font_name

WIDTH = A4[0] - 36 * mm
COLOURS = ("#1F5FBF", "#C98A1B", "#1F7A4D")


def save(document: Document, path: Path) -> None:
    font = font_name()
    body = ParagraphStyle("body", fontName=font, fontSize=10.5, leading=17, firstLineIndent=21, wordWrap="CJK")
    styles = {
        "body": body,
        "title": ParagraphStyle("title", body, fontSize=18, leading=26, alignment=1, firstLineIndent=0),
        "middle": ParagraphStyle("middle", body, alignment=1, firstLineIndent=0),
        "h1": ParagraphStyle("h1", body, fontSize=13, leading=22, spaceBefore=8, firstLineIndent=0, keepWithNext=1),
        "h2": ParagraphStyle("h2", body, fontSize=10.5, spaceBefore=6, firstLineIndent=0, keepWithNext=1),
        "cell": ParagraphStyle("cell", body, fontSize=8, leading=11, firstLineIndent=0),
    }
    flow: list[Any] = [
        Paragraph(escape(document.title), styles["title"]),
        Paragraph(escape(f"{document.period}　　编制日期：{document.made_at}"), styles["middle"]),
    ]
    for section in document.sections:
        flow += _section(section, styles, font)
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), 18 * mm)
    template = SimpleDocTemplate(str(path), pagesize=A4, title=f"{document.title} {document.period}", **margins)

    def footer(canvas: Any, page: Any) -> None:
        canvas.setFont(font, 8)
        canvas.drawCentredString(A4[0] / 2, 9 * mm, f"第 {page.page} 页")

    template.build(flow, onFirstPage=footer, onLaterPages=footer)


def _section(section: Section, styles: dict[str, ParagraphStyle], font: str) -> list[Any]:
    flow: list[Any] = [Paragraph(escape(section.title), styles["h1"])]
    flow += [Paragraph(escape(text), styles["body"]) for text in section.text]
    for table in section.tables:
        flow += [Paragraph(escape(table.title), styles["h2"]), _table(table, styles["cell"])]
    for chart in section.charts:
        if chart.labels:
            flow += [Spacer(1, 4 * mm), _chart(chart, font)]
    if section.heat and section.heat.rows:
        flow += [Paragraph(escape(section.heat.title), styles["h2"]), _heat(section.heat, styles["cell"])]
    return flow


def _table(table: Table, cell: ParagraphStyle) -> Grid:
    rows = [table.head, *([shown(value) for value in row] for row in table.rows)]
    return _grid(rows, cell, _widths(table.head), [])


def _widths(head: list[str]) -> list[float]:
    """Long columns get the room: the name of the row, and definitions."""
    shares = [2.2 if index == 0 else 4.0 if name in ("口径", "未计入") else 1.0 for index, name in enumerate(head)]
    return [WIDTH * share / sum(shares) for share in shares]


def _heat(heat: Heat, cell: ParagraphStyle) -> Grid:
    rows = [["", *heat.columns], *([name, *map(str, v)] for name, v in zip(heat.rows, heat.values, strict=True))]
    fills = [
        ("BACKGROUND", (column + 1, row + 1), (column + 1, row + 1), HexColor(f"#{shade(value, heat.most)}"))
        for row, values in enumerate(heat.values)
        for column, value in enumerate(values)
    ]
    return _grid(rows, cell, _widths(["", *heat.columns]), fills)


def _grid(rows: list[list[str]], cell: ParagraphStyle, widths: list[float], more: list[Any]) -> Grid:
    shown_rows = [[Paragraph(escape(text), cell) for text in row] for row in rows]
    base = [("GRID", (0, 0), (-1, -1), 0.4, HexColor("#B8C2D0")), ("BACKGROUND", (0, 0), (-1, 0), HexColor("#E8EEF7"))]
    return Grid(
        shown_rows, colWidths=widths, repeatRows=1, style=[*base, ("VALIGN", (0, 0), (-1, -1), "MIDDLE"), *more]
    )


def _chart(chart: Chart, font: str) -> Drawing:
    drawing = Drawing(WIDTH, 170)
    plot = VerticalBarChart() if chart.kind == "bar" else HorizontalLineChart()
    plot.x, plot.y, plot.width, plot.height = 34, 44, WIDTH - 44, 100
    plot.data = [series.values for series in chart.series]
    plot.categoryAxis.categoryNames = _thinned(chart.labels)
    plot.categoryAxis.labels.fontName = plot.valueAxis.labels.fontName = font
    plot.categoryAxis.labels.fontSize = plot.valueAxis.labels.fontSize = 6
    if max(len(label) for label in chart.labels) > 6:
        plot.categoryAxis.labels.angle, plot.categoryAxis.labels.boxAnchor = 20, "ne"
    plot.valueAxis.valueMin = 0
    drawn = plot.bars if chart.kind == "bar" else plot.lines
    for index, _ in enumerate(chart.series):
        colour = HexColor(COLOURS[index % len(COLOURS)])
        if chart.kind == "bar":
            drawn[index].fillColor, drawn[index].strokeColor = colour, white
        else:
            drawn[index].strokeColor = colour
    legend = Legend()
    legend.x, legend.y, legend.alignment, legend.fontName, legend.fontSize = WIDTH - 90, 166, "right", font, 7
    legend.colorNamePairs = [(HexColor(COLOURS[i % len(COLOURS)]), s.name) for i, s in enumerate(chart.series)]
    title = String(WIDTH / 2, 156, chart.title, fontName=font, fontSize=9, textAnchor="middle", fillColor=black)
    for part in (plot, legend, title):
        drawing.add(part)
    return drawing


def _thinned(labels: list[str]) -> list[str]:
    """Every so many labels only, so that they do not run into each other."""
    every = max(1, len(labels) // 12)
    return [label if index % every == 0 else "" for index, label in enumerate(labels)]
