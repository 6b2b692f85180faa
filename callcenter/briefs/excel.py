"""A report as a workbook: one sheet for each section, with charts of Excel's own that can be changed."""

from pathlib import Path
from typing import Any

import xlsxwriter

from callcenter.briefs.document import Cell, Chart, Document, Heat, Section, Table, shade

WIDTHS = (34, 14)
"""Of the first column, and of the rest; a column of long text wraps."""


def save(document: Document, path: Path) -> None:
    # Strings stay strings: what a citizen said must not become a formula or a link.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        styles = _Styles(book)
        for section in document.sections:
            _Sheet(book, styles, section).write(f"{document.title}（{document.period}）")


class _Styles:
    def __init__(self, book: Any) -> None:
        plain = {"font_name": "微软雅黑", "font_size": 10, "valign": "vcenter", "text_wrap": True}
        edged = {**plain, "border": 1, "border_color": "#D0D7E2"}
        self.title = book.add_format({**plain, "bold": True, "font_size": 14, "text_wrap": False})
        self.heading = book.add_format({**plain, "bold": True, "font_size": 11, "text_wrap": False})
        self.text = book.add_format({**plain, "text_wrap": False})
        self.head = book.add_format({**edged, "bold": True, "bg_color": "#E8EEF7"})
        self.cell = book.add_format(edged)
        self.share = book.add_format({**edged, "num_format": "0.00%"})
        self.count = book.add_format({**edged, "num_format": "#,##0"})
        self._book, self._edged = book, edged
        self._heat: dict[str, Any] = {}

    def of(self, cell: Cell) -> Any:
        return self.share if isinstance(cell, float) else self.count if isinstance(cell, int) else self.cell

    def heat(self, colour: str) -> Any:
        if colour not in self._heat:
            self._heat[colour] = self._book.add_format({**self._edged, "bg_color": f"#{colour}", "align": "center"})
        return self._heat[colour]


class _Sheet:
    def __init__(self, book: Any, styles: _Styles, section: Section) -> None:
        self._book, self._styles, self._section = book, styles, section
        self._name = section.title.replace("：", "").replace("、", " ")[:31]
        self._sheet = book.add_worksheet(self._name)
        self._row = 0

    def write(self, title: str) -> None:
        self._sheet.set_column(0, 0, WIDTHS[0])
        self._sheet.set_column(1, 12, WIDTHS[1])
        self._line(title, self._styles.title)
        self._line(self._section.title, self._styles.heading)
        for text in self._section.text:
            self._line(text, self._styles.text)
        for table in self._section.tables:
            self._table(table)
        if self._section.heat:
            self._heat(self._section.heat)
        for chart in self._section.charts:
            self._chart(chart)

    def _line(self, text: str, style: Any) -> None:
        self._sheet.write_string(self._row, 0, text, style)
        self._row += 1

    def _table(self, table: Table) -> None:
        self._row += 1
        self._line(table.title, self._styles.heading)
        if "口径" in table.head:
            self._sheet.set_column(1, 2, 60)
        self._cells(list(table.head), [self._styles.head] * len(table.head))
        for row in table.rows:
            self._cells(row, [self._styles.of(cell) for cell in row])

    def _cells(self, row: list[Any], styles: list[Any]) -> None:
        for column, (cell, style) in enumerate(zip(row, styles, strict=True)):
            if cell is None:
                self._sheet.write_string(self._row, column, "—", style)
            else:
                self._sheet.write(self._row, column, cell, style)
        self._row += 1

    def _heat(self, heat: Heat) -> None:
        self._row += 1
        self._line(heat.title, self._styles.heading)
        self._cells(["", *heat.columns], [self._styles.head] * (len(heat.columns) + 1))
        for name, values in zip(heat.rows, heat.values, strict=True):
            colours = [self._styles.heat(shade(value, heat.most)) for value in values]
            self._cells([name, *values], [self._styles.head, *colours])

    def _chart(self, chart: Chart) -> None:
        """The chart's numbers stand in the sheet, so that it is made anew when they are changed."""
        self._row += 1
        self._line(f"{chart.title}（图表数据）", self._styles.heading)
        first = self._row
        self._cells(["", *(series.name for series in chart.series)], [self._styles.head] * (len(chart.series) + 1))
        for index, label in enumerate(chart.labels):
            numbers = [int(series.values[index]) for series in chart.series]
            self._cells([label, *numbers], [self._styles.cell, *[self._styles.count] * len(numbers)])
        drawn = self._book.add_chart({"type": "column" if chart.kind == "bar" else "line"})
        last = self._row - 1
        for column in range(1, len(chart.series) + 1):
            drawn.add_series(
                {
                    "name": [self._name, first, column],
                    "categories": [self._name, first + 1, 0, max(last, first + 1), 0],
                    "values": [self._name, first + 1, column, max(last, first + 1), column],
                }
            )
        drawn.set_title({"name": chart.title})
        drawn.set_size({"width": 760, "height": 320})
        self._sheet.insert_chart(first, len(chart.series) + 2, drawn)
