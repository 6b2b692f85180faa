"""Tables people open in a spreadsheet: read from CSV or Excel, written to both, safe to open."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from zipfile import BadZipFile

from fastapi import Response
from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from callcenter.core.errors import Invalid

MOST_ROWS = 100_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is run by spreadsheets."""

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Row = Sequence[object]


class TableFormat(StrEnum):
    """What a table is written as."""

    CSV = "csv"
    XLSX = "xlsx"


def response(heads: Sequence[str], rows: Iterable[Row], *, name: str, title: str, as_: TableFormat) -> Response:
    """The table as a file to be saved; `name` without ending."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{as_}"'}
    if as_ is TableFormat.XLSX:
        return Response(write_xlsx(heads, rows, title=title), media_type=XLSX, headers=headers)
    return Response(b"".join(write_csv(heads, rows)), media_type="text/csv; charset=utf-8", headers=headers)


def write_csv(heads: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """CSV that Excel opens with Chinese intact, piece by piece."""
    yield b"\xef\xbb\xbf"
    for row in _chain(heads, rows):
        line = io.StringIO(newline="")
        csv.writer(line).writerow([_safe(cell) for cell in row])
        yield line.getvalue().encode()


def write_xlsx(heads: Sequence[str], rows: Iterable[Row], *, title: str) -> bytes:
    """A workbook of one sheet, its heads kept in sight."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for row in _chain(heads, rows):
        sheet.append([_safe(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read_table(content: bytes, *, name: str) -> list[dict[str, str]]:
    """The rows below the heads as text, by column; Invalid says why a file cannot be read."""
    rows = _read_xlsx(content, name) if name.lower().endswith(".xlsx") else _read_csv(content, name)
    if not rows:
        raise Invalid(f"{name} 是空的，请检查文件。")
    heads = [head.strip() for head in rows[0]]
    if len(rows) > MOST_ROWS:
        raise Invalid(f"{name} 超过 {MOST_ROWS} 行，请分成几个文件导入。")
    return [dict(zip(heads, (cell.strip() for cell in row), strict=False)) for row in rows[1:] if any(row)]


def _read_xlsx(content: bytes, name: str) -> list[list[str]]:
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        return [[_text(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)]
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError, IndexError):
        raise Invalid(f"{name} 不是能打开的Excel文件（.xlsx），请另存为 .xlsx 或 CSV 后重试。") from None


def _read_csv(content: bytes, name: str) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        head = text.partition("\n")[0]
        return list(csv.reader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in head else ","))
    raise Invalid(f"{name} 的编码认不出来，请另存为 UTF-8 编码的CSV后重试。")


def _chain(heads: Row, rows: Iterable[Row]) -> Iterator[Row]:
    yield heads
    yield from rows


def _safe(cell: object) -> object:
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    return "" if cell is None else cell


def unsafe(cell: str) -> str:
    """A cell as it was before it was made safe to open."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    # A number typed into a sheet comes back as 13800001234.0.
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
