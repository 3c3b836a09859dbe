"""The epi curve as a chart of a Word document: drawn by Word itself, with its fonts, sharp in print."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.shared import Emu

from lianfang.kernel.text import Lang, Text
from lianfang.kernel.vocabulary import Classification
from lianfang.reports.core.cases import Curve

if TYPE_CHECKING:
    from docx.document import Document as DocumentType
    from docx.text.run import Run

COLOURS = {"confirmed": "B3261E", "asymptomatic": "2F6DB5", "suspected": "C9A227"}
"""One colour a classification, told apart in grey too; the legend names them."""

TITLE = Text("按发病（采样、报告）日期的新增病例", "New cases by day of onset (sample, report)")
_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/chart"
_MAIN = "http://schemas.openxmlformats.org/drawingml/2006/main"
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"


def add_curve(document: "DocumentType", curve: Curve, *, lang: Lang, width: int, height: int) -> "Run":
    """Add the curve as a paragraph of its own, and return its run.

    Parameters
    ----------
    document : Document
    curve : Curve
        With at least one day.
    lang : {"zh", "en"}
        Of title and legend.
    width, height : int
        In EMU.
    """
    package = document.part.package
    number = sum(1 for part in package.iter_parts() if str(part.partname).startswith("/word/charts/")) + 1
    name = PackURI(f"/word/charts/chart{number}.xml")
    part = Part(name, _TYPE, chart_xml(curve, lang=lang).encode(), package)
    link = document.part.relate_to(part, _RELATION)
    inline = f"""<w:drawing xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
 xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="{_MAIN}"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{Emu(width)}" cy="{Emu(height)}"/>
<wp:docPr id="{number}" name="Chart {number}" descr="{escape(TITLE.in_language(lang), {'"': "&quot;"})}"/>
<a:graphic><a:graphicData uri="{_CHART}"><c:chart xmlns:c="{_CHART}" r:id="{link}"/></a:graphicData></a:graphic>
</wp:inline></w:drawing>"""
    run = document.add_paragraph(style="Normal").add_run()
    run._element.append(parse_xml(inline))
    return run


_FONTS = '<a:latin typeface="Times New Roman"/><a:ea typeface="仿宋"/>'
_SMALL = f"""<c:txPr><a:bodyPr/><a:lstStyle/>
<a:p><a:pPr><a:defRPr sz="900">{_FONTS}</a:defRPr></a:pPr><a:endParaRPr lang="zh-CN"/></a:p></c:txPr>"""
_SPACE = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<c:chartSpace xmlns:c="{_CHART}" xmlns:a="{_MAIN}"><c:roundedCorners val="0"/><c:chart>
<c:title><c:tx><c:rich><a:bodyPr/><a:lstStyle/><a:p>
<a:pPr><a:defRPr sz="1100" b="0">{_FONTS}</a:defRPr></a:pPr>
<a:r><a:rPr lang="zh-CN" sz="1100" b="0">{_FONTS}</a:rPr><a:t>{{title}}</a:t></a:r>
</a:p></c:rich></c:tx><c:overlay val="0"/></c:title>
<c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>
<c:barChart><c:barDir val="col"/><c:grouping val="stacked"/><c:varyColors val="0"/>
{{series}}
<c:gapWidth val="20"/><c:overlap val="100"/><c:axId val="1"/><c:axId val="2"/></c:barChart>
<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/>
<c:axPos val="b"/><c:numFmt formatCode="General" sourceLinked="0"/>
<c:majorTickMark val="out"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>{_SMALL}
<c:crossAx val="2"/><c:crosses val="autoZero"/><c:tickLblSkip val="{{step}}"/></c:catAx>
<c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/><c:min val="0"/></c:scaling><c:delete val="0"/>
<c:axPos val="l"/><c:majorGridlines><c:spPr><a:ln w="6350">
<a:solidFill><a:srgbClr val="D0D0D0"/></a:solidFill></a:ln></c:spPr></c:majorGridlines>
<c:numFmt formatCode="0" sourceLinked="0"/>
<c:majorTickMark val="out"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>{_SMALL}
<c:crossAx val="1"/><c:crosses val="autoZero"/><c:crossBetween val="between"/>
<c:majorUnit val="{{unit}}"/></c:valAx></c:plotArea>
<c:legend><c:legendPos val="b"/><c:overlay val="0"/>{_SMALL}</c:legend>
<c:plotVisOnly val="1"/></c:chart></c:chartSpace>"""
_ONE = """<c:ser><c:idx val="{number}"/><c:order val="{number}"/><c:tx><c:v>{name}</c:v></c:tx>
<c:spPr><a:solidFill><a:srgbClr val="{colour}"/></a:solidFill></c:spPr><c:invertIfNegative val="0"/>
<c:cat><c:strLit><c:ptCount val="{count}"/>{days}</c:strLit></c:cat>
<c:val><c:numLit><c:formatCode>0</c:formatCode><c:ptCount val="{count}"/>{values}</c:numLit></c:val></c:ser>"""


def chart_xml(curve: Curve, *, lang: Lang) -> str:
    """Return the chart as DrawingML: stacked columns, a number a day; the data stand in it, no workbook is needed."""
    days = _points(f"{day.month}-{day.day}" for day in curve.days)
    series = "".join(
        _ONE.format(
            number=number,
            name=escape(Classification.of(code).label.in_language(lang)),
            colour=COLOURS[code],
            count=len(curve.days),
            days=days,
            values=_points(counts),
        )
        for number, (code, counts) in enumerate(curve.counts.items())
    )
    return _SPACE.format(
        title=escape(TITLE.in_language(lang)),
        series=series,
        step=max(1, len(curve.days) // 12),
        unit=_unit(curve),
    )


def _points(values: Iterable[object]) -> str:
    return "".join(f'<c:pt idx="{n}"><c:v>{value}</c:v></c:pt>' for n, value in enumerate(values))


def most_on_one_day(curve: Curve) -> int:
    """Return the largest number of a day, all classifications together."""
    return max((sum(counts[n] for counts in curve.counts.values()) for n in range(len(curve.days))), default=0)


def _unit(curve: Curve) -> int:
    most = most_on_one_day(curve)
    return next((unit for unit in (1, 2, 5, 10, 20, 50, 100, 200, 500) if most / unit <= 6), 1000)
