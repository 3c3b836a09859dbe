"""The bulletin as a Word document."""

import datetime as dt
import io
import zipfile
from xml.etree import ElementTree

import polars as pl
import pytest
from docx import Document
from docx.oxml.ns import qn
from PIL import Image

from lianfang.kernel.schema import CASES, CONTACTS
from lianfang.kernel.text import Text
from lianfang.reports.core.bulletin import bulletin
from lianfang.reports.core.cases import case_lines, curve_of, known_cases, new_cases
from lianfang.reports.core.figures import figures
from lianfang.reports.core.paper import Policy
from lianfang.reports.docx import bulletin_docx
from lianfang.reports.drawings import Area, map_png, map_svg
from lianfang.reports.tests.core.test_figures import NO_CLOCKS, NO_MEASURES

NOW = dt.datetime(2022, 7, 8, 18)


def square(west: float) -> dict[str, object]:
    ring = [[west, 30.0], [west + 1, 30.0], [west + 1, 31.0], [west, 31.0], [west, 30.0]]
    return {"type": "Polygon", "coordinates": [ring]}


SQUARES = (Area(1, 0, square(104.0)), Area(2, 30, square(105.0)))


@pytest.fixture(scope="module")
def paper():
    cases = CASES.conform(pl.DataFrame({"case_id": ["a", "b"], "onset_date": [NOW, NOW]}))
    made = figures(cases=cases, contacts=CONTACTS.empty(), measures=NO_MEASURES, clocks=NO_CLOCKS, as_of=NOW)
    known = known_cases(cases)
    return bulletin(
        made,
        as_of=NOW,
        jurisdiction=Text("样县", "Sample"),
        policy=Policy(Text("第九版", "ninth edition")),
        cases=case_lines(new_cases(known, NOW.date()), day=NOW.date()),
        curve=curve_of(known, NOW.date()),
    )


def test_every_run_and_style_names_a_chinese_font(paper):
    document = Document(io.BytesIO(bulletin_docx(paper, as_of=NOW)))
    runs = list(document.element.body.iter(qn("w:r")))
    assert len(runs) > 20
    for run in runs:
        assert run.rPr.rFonts.get(qn("w:eastAsia")) in ("仿宋", "黑体", "宋体")
    for name in ("Normal", "Title", "Subtitle", "Heading 1"):
        fonts = document.styles[name].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) is not None
        assert fonts.get(qn("w:eastAsiaTheme")) is None


def test_it_says_where_when_and_how_many(paper):
    document = Document(io.BytesIO(bulletin_docx(paper, as_of=NOW)))
    words = "\n".join(p.text for p in document.paragraphs)
    lines = words.split("\n")
    assert lines[0] == "样县疫情处置日报" and lines[1].startswith("第\u3000\u3000期  编发单位")
    assert lines[2].startswith("2022年7月8日\uff08截至18:00\uff09")
    assert "7月8日0时至18:00新增确诊病例2例、无症状感染者0例" in words
    assert "病例1\uff1a确诊病例\uff0c乡镇不详" in words
    assert "接触者\uff1a无\uff08零报告\uff09。" in words
    table = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    assert table[0] == ["分类", "当日新增", "累计"]
    assert table[1] == ["确诊病例", "2", "2"]
    assert table[3] == ["感染者合计", "2", "2"]


def test_the_curve_is_a_chart_that_word_draws(paper):
    with zipfile.ZipFile(io.BytesIO(bulletin_docx(paper, as_of=NOW))) as archive:
        assert archive.testzip() is None
        chart = ElementTree.fromstring(archive.read("word/charts/chart1.xml"))
        types = archive.read("[Content_Types].xml").decode()
        body = archive.read("word/document.xml").decode()
    assert "/word/charts/chart1.xml" in types and "drawingml.chart+xml" in types
    c = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
    [series] = list(chart.iter(f"{c}ser"))
    assert [v.text for v in series.find(f"{c}val").iter(f"{c}v")] == ["2"]
    assert [v.text for v in series.find(f"{c}cat").iter(f"{c}v")] == ["7-8"]
    assert body.index("<w:tbl>") < body.index("c:chart")


def test_it_fits_an_a4_page(paper):
    document = Document(io.BytesIO(bulletin_docx(paper, as_of=NOW, map_picture=map_png(SQUARES))))
    page = document.sections[0]
    assert (round(page.page_width.cm, 1), round(page.page_height.cm, 1)) == (21.0, 29.7)
    inside = page.page_width - page.left_margin - page.right_margin
    for shape in document.element.body.iter(qn("wp:extent")):
        assert int(shape.get("cx")) <= inside
    for table in document.tables:
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
    assert "PAGE" in "".join(node.text or "" for node in page.footer._element.iter(qn("w:instrText")))


def test_the_map_numbers_and_shades_the_townships():
    image = Image.open(io.BytesIO(map_png(SQUARES, width=600)))
    assert image.mode == "RGB" and map_png(SQUARES) == map_png(SQUARES)
    west, east = image.getpixel((150, 40)), image.getpixel((450, 40))
    assert west == (0xF4, 0xF1, 0xEA) and east == (0x9C, 0x2F, 0x22), "no case is light, thirty are dark"
    drawing = map_svg(SQUARES, lang="zh")
    assert drawing.count("<path") == 2 and ">1</text>" in drawing and ">2</text>" in drawing


def test_the_same_bulletin_is_the_same_bytes(paper):
    data = bulletin_docx(paper, as_of=NOW)
    assert data == bulletin_docx(paper, as_of=NOW)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
    assert "2022-07-08T18:00:00Z" in core
    assert "2013" not in core


def test_in_english_too(paper):
    document = Document(io.BytesIO(bulletin_docx(paper, as_of=NOW, lang="en")))
    words = "\n".join(p.text for p in document.paragraphs)
    assert "On 2022-07-08, 0:00 to 18:00, new: confirmed case: 2, asymptomatic infection: 0" in words
    assert not any("\u4e00" <= character <= "\u9fff" for character in words)
