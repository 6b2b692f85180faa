"""The reports of a simulated month: numbers as counted by hand, three kinds of file that open and hold the same."""

import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import docx
import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine

from callcenter.briefs import excel, material, pdf, word
from callcenter.briefs.document import Document, Section, shown
from callcenter.briefs.material import gather
from callcenter.briefs.periods import ReportKind, period_of
from callcenter.briefs.writing import SMALL, write
from callcenter.core import db, prints
from callcenter.core.clock import local
from callcenter.settings import get_settings
from tests.simulation.conftest import Tables

pytestmark = [pytest.mark.db, pytest.mark.timeout(1800)]

KINDS = list(ReportKind)
DAY = date(2026, 7, 15)


def document(city: Engine, kind: ReportKind) -> Document:
    db.bind(db.make_engine(str(city.url)))
    with db.reading() as session:
        return write(gather(session, period_of(kind, DAY)), made_at="2026年8月1日")


@pytest.fixture(scope="module")
def monthly(city: Engine) -> Document:
    return document(city, ReportKind.MONTHLY)


@pytest.fixture(scope="module")
def files(monthly: Document, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("reports")
    excel.save(monthly, folder / "report.xlsx")
    word.save(monthly, folder / "report.docx")
    pdf.save(monthly, folder / "report.pdf")
    yield folder


def section(document: Document, title: str) -> Section:
    return next(section for section in document.sections if title in section.title)


def test_numbers_are_those_of_the_raw_rows(monthly: Document, tables: Tables) -> None:
    july = [row for row in tables["ticket"] if local(row["registered_at"]).month == 7 and row["kind"] != "无效"]
    calls = [row for row in tables["call"] if local(row["started_at"]).month == 7]
    first = section(monthly, "总体").text[0]
    assert f"来电 {len(calls):,} 通" in first
    assert f"受理诉求 {len(july):,} 件" in first
    topics = Counter(row["topic"] for row in july)
    shown_topics = {str(row[0]): row[1] for row in section(monthly, "诉求").tables[0].rows}
    assert shown_topics
    assert all(topics[topic] == count for topic, count in shown_topics.items())
    assert sorted(shown_topics.values()) == sorted(topics.values(), reverse=True)[:10][::-1]  # type: ignore[type-var]
    course = section(monthly, "总体").charts[0]
    days = Counter(local(row["started_at"]).day for row in calls)
    assert course.series[0].values == [days[day] for day in range(1, 32)]
    heat = section(monthly, "地域").heat
    assert heat is not None
    cells = Counter((row["town"] or "未定", row["topic"].partition("-")[0]) for row in july)
    for town, values in zip(heat.rows, heat.values, strict=True):
        assert values == [cells[town, field] for field in heat.columns]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_written_whole(city: Engine, kind: ReportKind) -> None:
    found = document(city, kind)
    assert [section.title[0] for section in found.sections][:4] == ["一", "二", "三", "四"]
    for part in found.sections:
        assert all(len(row) == len(table.head) for table in part.tables for row in table.rows)
        assert all(len(series.values) == len(chart.labels) for chart in part.charts for series in chart.series)
        assert not re.search("None|nan", " ".join(part.text))


def test_the_public_report_points_at_nobody(city: Engine) -> None:
    found = document(city, ReportKind.PUBLIC)
    assert not any("重复" in section.title for section in found.sections)
    assert "****" not in found.model_dump_json()
    rows = section(found, "诉求").tables[0].rows
    assert all(isinstance(row[1], int) and (row[1] >= SMALL or row[0] == "其他") for row in rows)
    heat = section(found, "地域").heat
    assert heat is not None
    assert all(value == 0 or value >= SMALL for values in heat.values for value in values)


def test_numbers_of_citizens_are_masked(city: Engine, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(material, "LEAST_REPEATS", 1)
    said = document(city, ReportKind.YEARLY).model_dump_json()
    assert "****" in said
    assert not any(row["caller_number"] in said for row in tables["call"] if row["caller_number"])


def test_the_workbook(monthly: Document, files: Path) -> None:
    with zipfile.ZipFile(files / "report.xlsx") as package:
        charts = sum(name.startswith("xl/charts/chart") for name in package.namelist())
    assert charts == sum(len(section.charts) for section in monthly.sections)
    sheets = load_workbook(files / "report.xlsx").worksheets
    assert [sheet["A2"].value for sheet in sheets] == [section.title for section in monthly.sections]
    cells = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    rate = next(row for row in section(monthly, "总体").tables[0].rows if row[0] == "当场答复率")
    line = next(cell.row for cell in cells if cell.value == "当场答复率")
    # A sheet keeps sixteen digits.
    assert sheets[0].cell(line, 2).value == pytest.approx(rate[1], rel=1e-15)


def test_what_a_citizen_said_is_no_formula(monthly: Document, tmp_path: Path) -> None:
    told = monthly.sections[0].model_copy(update={"text": ["=HYPERLINK(1)"]})
    excel.save(monthly.model_copy(update={"sections": [told]}), tmp_path / "told.xlsx")
    cell = load_workbook(tmp_path / "told.xlsx").worksheets[0]["A3"]
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s")


def test_the_word_file(monthly: Document, files: Path) -> None:
    opened = docx.Document(str(files / "report.docx"))
    assert opened.paragraphs[0].text == monthly.title
    texts = {cell.text for table in opened.tables for row in table.rows for cell in row.cells}
    for part in monthly.sections:
        assert all(shown(cell) in texts for table in part.tables for row in table.rows for cell in row)
    with zipfile.ZipFile(files / "report.docx") as package:
        charts = [name for name in package.namelist() if name.startswith("word/charts/")]
        values = [
            [float(point.text or 0) for point in ElementTree.fromstring(package.read(name)).iterfind(".//{*}val//{*}v")]
            for name in charts
        ]
        kinds = package.read("[Content_Types].xml").decode()
    wanted = [[v for series in chart.series for v in series.values] for s in monthly.sections for chart in s.charts]
    assert sorted(values) == sorted(wanted)
    assert kinds.count("drawingml.chart+xml") == len(charts)


def embedded_characters(file: Path) -> set[str]:
    """Characters that the fonts inside a PDF are said to draw (its ToUnicode tables)."""
    found: set[str] = set()
    for raw in re.findall(rb"stream\r?\n(.*?)endstream", file.read_bytes(), re.DOTALL):
        try:
            text = zlib.decompress(raw).decode("latin-1")
        except zlib.error:
            continue
        if "beginbfrange" in text or "beginbfchar" in text:
            found |= {chr(int(code, 16)) for code in re.findall(r"<([0-9A-Fa-f]{4})>", text)}
    return found


def test_the_pdf_has_every_chinese_character_inside(monthly: Document, files: Path) -> None:
    data = (files / "report.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    assert b"/FontFile2" in data
    said = set(re.findall(r"[\u4e00-\u9fff]", monthly.model_dump_json()))
    assert said
    assert said <= embedded_characters(files / "report.pdf")


def test_without_the_font_a_reader_still_knows_what_to_show(
    monthly: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prints, "_FONT", "not-registered")
    monkeypatch.setattr(get_settings(), "print_font", tmp_path / "missing.ttc")
    pdf.save(monthly, tmp_path / "plain.pdf")
    assert b"STSong-Light" in (tmp_path / "plain.pdf").read_bytes()
