"""A report for a word processor, with charts that can be changed there."""

from pathlib import Path
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt

from callcenter.briefs.document import Document, Heat, Section, Table, shade, shown
from callcenter.briefs.word_chart import add_chart

FONT, HEAD = "仿宋", "黑体"
HEAD_FILL = "E8EEF7"


def save(document: Document, path: Path) -> None:
    doc = docx.Document()
    _fonts(doc)
    title = doc.add_heading(document.title, level=0)
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line = doc.add_paragraph(f"{document.period}　　编制日期：{document.made_at}")
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for section in document.sections:
        _section(doc, section)
    doc.save(str(path))


def _fonts(doc: Any) -> None:
    """East Asian text takes its font from an attribute of its own."""
    for name, font in (("Normal", FONT), ("Title", HEAD), ("Heading 1", HEAD), ("Heading 2", HEAD)):
        style = doc.styles[name]
        style.font.name = font
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    doc.styles["Normal"].font.size = Pt(12)


def _section(doc: Any, section: Section) -> None:
    doc.add_heading(section.title, level=1)
    for text in section.text:
        paragraph = doc.add_paragraph(text)
        paragraph.paragraph_format.first_line_indent = Pt(24)
    for table in section.tables:
        _table(doc, table)
    for chart in section.charts:
        add_chart(doc, chart)
    if section.heat and section.heat.rows:
        _heat(doc, section.heat)


def _table(doc: Any, table: Table) -> None:
    doc.add_heading(table.title, level=2)
    made = doc.add_table(rows=1, cols=len(table.head), style="Table Grid")
    _fill(made.rows[0].cells, table.head, fills=[HEAD_FILL] * len(table.head))
    for row in table.rows:
        _fill(made.add_row().cells, [shown(cell) for cell in row])


def _heat(doc: Any, heat: Heat) -> None:
    doc.add_heading(heat.title, level=2)
    made = doc.add_table(rows=1, cols=len(heat.columns) + 1, style="Table Grid")
    _fill(made.rows[0].cells, ["", *heat.columns], fills=[HEAD_FILL] * (len(heat.columns) + 1))
    for name, values in zip(heat.rows, heat.values, strict=True):
        fills = [HEAD_FILL, *(shade(value, heat.most) for value in values)]
        _fill(made.add_row().cells, [name, *map(str, values)], fills=fills)


def _fill(cells: Any, texts: list[str], fills: list[str] | None = None) -> None:
    for index, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        cell.text = text
        for run in cell.paragraphs[0].runs:
            run.font.size = Pt(9)
        if fills:
            shading = OxmlElement("w:shd")
            shading.set(qn("w:val"), "clear")
            shading.set(qn("w:fill"), fills[index])
            cell._tc.get_or_add_tcPr().append(shading)
