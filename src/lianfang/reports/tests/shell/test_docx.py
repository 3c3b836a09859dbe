"""The bulletin as a Word document."""

import datetime as dt
import io
import zipfile

import polars as pl
import pytest
from docx import Document
from docx.oxml.ns import qn

from lianfang.kernel.schema import CASES, CONTACTS
from lianfang.kernel.text import Text
from lianfang.reports.core.bulletin import bulletin
from lianfang.reports.core.figures import figures
from lianfang.reports.docx import bulletin_docx
from lianfang.reports.tests.core.test_figures import NO_CLOCKS, NO_MEASURES

NOW = dt.datetime(2022, 7, 8, 18)


@pytest.fixture(scope="module")
def paper():
    cases = CASES.conform(pl.DataFrame({"case_id": ["a", "b"], "onset_date": [NOW, NOW]}))
    made = figures(cases=cases, contacts=CONTACTS.empty(), measures=NO_MEASURES, clocks=NO_CLOCKS, as_of=NOW)
    return bulletin(made, as_of=NOW, jurisdiction=Text("样县", "Sample"), playbook=Text("第九版", "ninth edition"))


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
    assert words.startswith("样县疫情处置日报\n2022年7月8日\uff08截至18:00\uff09")
    assert "当日新增病例2例\uff0c累计病例2例。" in words
    assert "接触者\uff1a无\uff08零报告\uff09。" in words
    table = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    assert table[0] == ["分类", "当日新增", "累计"]
    assert table[-1] == ["合计", "2", "2"]


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
    assert "New cases today: 2; 2 in all." in words
    assert not any("\u4e00" <= character <= "\u9fff" for character in words)
