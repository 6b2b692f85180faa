"""A chart as Word's own (DrawingML), which python-docx cannot make: one part with numbers, one frame in the text."""

import re
from typing import Any
from xml.sax.saxutils import escape

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.shared import Cm

from callcenter.briefs.document import Chart, Series

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_C = 'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_WP = 'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
WIDTH, HEIGHT = Cm(15), Cm(7.5)


def add_chart(doc: Any, chart: Chart) -> None:
    """Append the chart as a paragraph of its own."""
    package = doc.part.package
    number = 1 + sum(1 for part in package.iter_parts() if re.match(r"/word/charts/", part.partname))
    name = PackURI(f"/word/charts/chart{number}.xml")
    part = Part(name, CONTENT_TYPE, _xml(chart).encode(), package)
    related = doc.part.relate_to(part, RELATIONSHIP_TYPE.CHART)
    frame = parse_xml(
        f'<wp:inline {_WP} {_A} {_C} {_R}><wp:extent cx="{WIDTH}" cy="{HEIGHT}"/>'
        f'<wp:docPr id="{1000 + number}" name="chart{number}" descr="{escape(chart.title)}"/><wp:cNvGraphicFramePr/>'
        '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">'
        f'<c:chart r:id="{related}"/></a:graphicData></a:graphic></wp:inline>'
    )
    run = doc.add_paragraph().add_run()
    run._r.add_drawing(frame)


def _xml(chart: Chart) -> str:
    kind, extra = ("barChart", '<c:barDir val="col"/>') if chart.kind == "bar" else ("lineChart", "")
    series = "".join(_series(index, one, chart) for index, one in enumerate(chart.series))
    marker = "" if chart.kind == "bar" else '<c:marker val="1"/>'
    grouping = "clustered" if chart.kind == "bar" else "standard"
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f"<c:chartSpace {_C} {_A} {_R}><c:chart><c:title><c:tx><c:rich><a:bodyPr/><a:p><a:r>"
        f'<a:rPr lang="zh-CN" sz="1200"/><a:t>{escape(chart.title)}</a:t></a:r></a:p></c:rich></c:tx>'
        '<c:overlay val="0"/></c:title><c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>'
        f'<c:{kind}>{extra}<c:grouping val="{grouping}"/><c:varyColors val="0"/>{series}{marker}'
        f'<c:axId val="1"/><c:axId val="2"/></c:{kind}>'
        '<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/>'
        '<c:axPos val="b"/><c:crossAx val="2"/></c:catAx>'
        '<c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/>'
        '<c:axPos val="l"/><c:majorGridlines/><c:crossAx val="1"/></c:valAx></c:plotArea>'
        '<c:legend><c:legendPos val="b"/><c:overlay val="0"/></c:legend>'
        '<c:plotVisOnly val="1"/></c:chart></c:chartSpace>'
    )


def _series(index: int, series: Series, chart: Chart) -> str:
    labels, values = _points("str", chart.labels), _points("num", [f"{value:g}" for value in series.values])
    name = _points("str", [series.name])
    return (
        f'<c:ser><c:idx val="{index}"/><c:order val="{index}"/>'
        f"<c:tx><c:strRef><c:f>name{index}</c:f>{name}</c:strRef></c:tx>"
        f"<c:cat><c:strRef><c:f>labels</c:f>{labels}</c:strRef></c:cat>"
        f"<c:val><c:numRef><c:f>values{index}</c:f>{values}</c:numRef></c:val></c:ser>"
    )


def _points(kind: str, values: list[str]) -> str:
    points = "".join(f'<c:pt idx="{index}"><c:v>{escape(value)}</c:v></c:pt>' for index, value in enumerate(values))
    return f'<c:{kind}Cache><c:ptCount val="{len(values)}"/>{points}</c:{kind}Cache>'
