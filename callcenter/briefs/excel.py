"""A report as a workbook: one sheet for each section, with charts of Excel's own that can be changed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from callcenter.briefs.document import Cell, Chart, Document, Heat, Section, Table, shade

WIDTHS = (34, 14)
"""Of the first column, and of the rest; a column of long text wraps."""
TEXT_WIDTH = 60
CHART_CM = (20.0, 8.5)
_EDGE = Side(style="thin", color="D0D7E2")
_FONT = "微软雅黑"


@dataclass(frozen=True)
class _Style:
    font: Font
    number: str = "General"
    fill: str = ""
    edged: bool = True
    middle: bool = False

    def put_on(self, cell: Any) -> None:
        cell.font, cell.number_format = self.font, self.number
        horizontal = "center" if self.middle else None
        cell.alignment = Alignment(horizontal=horizontal, vertical="center", wrap_text=self.edged)
        if self.edged:
            cell.border = Border(_EDGE, _EDGE, _EDGE, _EDGE)
        if self.fill:
            cell.fill = PatternFill("solid", fgColor=self.fill)


TITLE = _Style(Font(name=_FONT, size=14, bold=True), edged=False)
HEADING = _Style(Font(name=_FONT, size=11, bold=True), edged=False)
TEXT = _Style(Font(name=_FONT, size=10), edged=False)
HEAD = _Style(Font(name=_FONT, size=10, bold=True), fill="E8EEF7")
CELL = _Style(Font(name=_FONT, size=10))
SHARE = _Style(Font(name=_FONT, size=10), number="0.00%")
COUNT = _Style(Font(name=_FONT, size=10), number="#,##0")


def save(document: Document, path: Path) -> None:
    book = Workbook()
    book.remove(book.worksheets[0])
    for section in document.sections:
        _Sheet(book, section).write(f"{document.title}（{document.period}）")
    book.save(path)


def _of(cell: Cell) -> _Style:
    return SHARE if isinstance(cell, float) else COUNT if isinstance(cell, int) else CELL


class _Sheet:
    def __init__(self, book: Workbook, section: Section) -> None:
        self._section = section
        self._sheet: Any = book.create_sheet(section.title.replace("：", "").replace("、", " ")[:31])
        self._row = 1

    def write(self, title: str) -> None:
        self._widths(1, 1, WIDTHS[0])
        self._widths(2, 13, WIDTHS[1])
        self._line(title, TITLE)
        self._line(self._section.title, HEADING)
        for text in self._section.text:
            self._line(text, TEXT)
        for table in self._section.tables:
            self._table(table)
        if self._section.heat:
            self._heat(self._section.heat)
        for chart in self._section.charts:
            self._chart(chart)

    def _widths(self, first: int, last: int, width: float) -> None:
        for column in range(first, last + 1):
            self._sheet.column_dimensions[get_column_letter(column)].width = width

    def _write(self, column: int, value: Cell, style: _Style) -> None:
        cell: SheetCell = self._sheet.cell(self._row, column, "—" if value is None else value)
        if isinstance(value, str):
            # What a citizen said stays a string: it must not become a formula.
            cell.data_type = "s"
        style.put_on(cell)

    def _line(self, text: str, style: _Style) -> None:
        self._write(1, text, style)
        self._row += 1

    def _table(self, table: Table) -> None:
        self._row += 1
        self._line(table.title, HEADING)
        if "口径" in table.head:
            self._widths(2, 3, TEXT_WIDTH)
        self._cells(list(table.head), [HEAD] * len(table.head))
        for row in table.rows:
            self._cells(row, [_of(cell) for cell in row])

    def _cells(self, row: list[Any], styles: list[_Style]) -> None:
        for column, (cell, style) in enumerate(zip(row, styles, strict=True), 1):
            self._write(column, cell, style)
        self._row += 1

    def _heat(self, heat: Heat) -> None:
        self._row += 1
        self._line(heat.title, HEADING)
        self._cells(["", *heat.columns], [HEAD] * (len(heat.columns) + 1))
        for name, values in zip(heat.rows, heat.values, strict=True):
            shades = [_Style(CELL.font, COUNT.number, shade(value, heat.most), middle=True) for value in values]
            self._cells([name, *values], [HEAD, *shades])

    def _chart(self, chart: Chart) -> None:
        """The chart's numbers stand in the sheet, so that it is made anew when they are changed."""
        self._row += 1
        self._line(f"{chart.title}（图表数据）", HEADING)
        first, width = self._row, len(chart.series)
        self._cells(["", *(series.name for series in chart.series)], [HEAD] * (width + 1))
        for index, label in enumerate(chart.labels):
            numbers = [int(series.values[index]) for series in chart.series]
            self._cells([label, *numbers], [CELL, *[COUNT] * width])
        last = max(self._row - 1, first + 1)
        drawn: Any = BarChart() if chart.kind == "bar" else LineChart()
        drawn.add_data(Reference(self._sheet, 2, first, width + 1, last), titles_from_data=True)
        drawn.set_categories(Reference(self._sheet, 1, first + 1, 1, last))
        drawn.title, (drawn.width, drawn.height) = chart.title, CHART_CM
        if width == 1:
            drawn.legend = None
        # Newer versions of Excel hide axes that do not say that they are there.
        drawn.x_axis.delete = drawn.y_axis.delete = False
        if chart.kind == "bar":
            drawn.dataLabels = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False)
        for series in drawn.series:
            series.smooth = False
        self._sheet.add_chart(drawn, f"{get_column_letter(width + 3)}{first}")
