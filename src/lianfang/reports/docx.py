"""The bulletin as a Word document: official layout, Chinese fonts on every run, the same bytes for the same figures."""

import datetime as dt
import io
import zipfile

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.styles.style import BaseStyle
from docx.text.paragraph import Paragraph

from lianfang.kernel.text import Lang
from lianfang.reports.chart import add_curve
from lianfang.reports.core.paper import Bulletin, Sheet
from lianfang.reports.drawings import MAP_TITLE

BODY, HEADING, TITLE, LATIN = "仿宋", "黑体", "宋体", "Times New Roman"
"""Fonts of official papers; a machine without them takes the nearest Chinese font it has."""

_NUMERALS = "一二三四五六七八九十"


def bulletin_docx(
    bulletin: Bulletin, *, as_of: dt.datetime, lang: Lang = "zh", map_picture: bytes | None = None
) -> bytes:
    """Return the bulletin as the bytes of a .docx file.

    Parameters
    ----------
    bulletin : Bulletin
        What it says.
    as_of : datetime
        Naive local; stands as the time of making in the document's properties, so that the same bulletin has the
        same bytes whenever it is made.
    lang : {"zh", "en"}
        Its language.
    map_picture : bytes, optional
        The map of the townships, as PNG (`lianfang.reports.drawings.map_png`).
    """
    document = Document()
    _set_up(document, bulletin, as_of, lang)
    _write(document.add_paragraph(style="Title"), bulletin.title.in_language(lang), TITLE)
    _write(document.add_paragraph(style="Subtitle"), bulletin.masthead.line.in_language(lang), BODY)
    _write(document.add_paragraph(style="Subtitle"), bulletin.issued.in_language(lang), BODY)
    for number, section in enumerate(bulletin.sections):
        mark = f"{_NUMERALS[number]}、" if lang == "zh" else f"{number + 1}. "
        _write(document.add_paragraph(style="Heading 1"), mark + section.title.in_language(lang), HEADING)
        for sentence in section.sentences:
            _write(document.add_paragraph(style="Normal"), sentence.in_language(lang), BODY)
        if section.sheet is not None:
            _table(document, section.sheet, lang)
        if section.picture == "curve" and bulletin.curve.days:
            run = add_curve(document, bulletin.curve, lang=lang, width=Cm(15.6), height=Cm(7.2))
            _east_asia(run._element.get_or_add_rPr(), BODY)
        if section.picture == "map" and map_picture is not None:
            _write(document.add_paragraph(style="Normal"), MAP_TITLE.in_language(lang), BODY, size=11)
            document.add_picture(io.BytesIO(map_picture), width=Cm(13))
            document.paragraphs[-1].alignment = WD_ALIGN_PARAGRAPH.CENTER
            _east_asia(document.paragraphs[-1].runs[0]._element.get_or_add_rPr(), BODY)
    _number_pages(document)
    raw = io.BytesIO()
    document.save(raw)
    return fixed_zip(raw.getvalue())


def fixed_zip(data: bytes) -> bytes:
    """Return a zip archive with the same members, all dated 1980-01-01: the same content is the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3
            member.external_attr = 0o600 << 16
            target.writestr(member, source.read(name))
    return out.getvalue()


def _set_up(document: DocumentType, bulletin: Bulletin, as_of: dt.datetime, lang: Lang) -> None:
    properties = document.core_properties
    properties.title = bulletin.title.in_language(lang)
    properties.subject = bulletin.issued.in_language(lang)
    properties.author = properties.last_modified_by = "Lianfang"
    properties.comments = ""
    properties.language = "zh-CN" if lang == "zh" else "en-GB"
    properties.created = properties.modified = as_of.replace(microsecond=0)
    properties.revision = 1
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21.0), Cm(29.7)
    page.top_margin, page.bottom_margin = Cm(3.0), Cm(2.5)
    page.left_margin = page.right_margin = Cm(2.6)
    for name, font, size in (
        ("Normal", BODY, 14),
        ("Title", TITLE, 22),
        ("Subtitle", BODY, 12),
        ("Heading 1", HEADING, 15),
    ):
        style = document.styles[name]
        style.font.size = Pt(size)
        style.font.name = LATIN
        style.font.italic = False
        style.font.bold = name == "Title"
        style.font.color.rgb = None
        _east_asia(style.element.get_or_add_rPr(), font)
        style.paragraph_format.space_after = Pt(6)
        _no_theme_border(style)
    for name in ("Title", "Subtitle"):
        document.styles[name].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _number_pages(document: DocumentType) -> None:
    """Put the number of the page at its foot, as papers of several pages have it."""
    foot = document.sections[0].footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for kind, words in (("begin", None), (None, "PAGE"), ("end", None)):
        run = foot.add_run()
        run.font.size = Pt(12)
        _east_asia(run._element.get_or_add_rPr(), BODY)
        if kind is not None:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = words
        run._element.append(mark)


def _no_theme_border(style: BaseStyle) -> None:
    """Word's built-in title has a rule below it and a theme colour; an official paper has neither."""
    properties = style.element.pPr
    if properties is not None:
        for border in properties.findall(qn("w:pBdr")):
            properties.remove(border)
    run = style.element.get_or_add_rPr()
    for colour in run.findall(qn("w:color")):
        run.remove(colour)


def _east_asia(properties: object, font: str) -> None:
    fonts = properties.get_or_add_rFonts()  # type: ignore[attr-defined]
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:ascii"), LATIN)
    fonts.set(qn("w:hAnsi"), LATIN)
    fonts.set(qn("w:eastAsia"), font)


def _write(paragraph: Paragraph, text: str, font: str, *, size: float | None = None, bold: bool | None = None) -> None:
    run = paragraph.add_run(text)
    run.font.name = LATIN
    if size is not None:
        run.font.size = Pt(size)
    if bold is not None:
        run.font.bold = bold
    _east_asia(run._element.get_or_add_rPr(), font)


def _table(document: DocumentType, sheet: Sheet, lang: Lang) -> None:
    table = document.add_table(rows=1 + len(sheet.rows), cols=len(sheet.head), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for cell, label in zip(table.rows[0].cells, sheet.head, strict=True):
        _cell(cell.paragraphs[0], label.in_language(lang), HEADING, centred=True)
    header = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(header)
    for line in table.rows:
        # A row is never torn over two pages.
        line._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for row, (label, figures) in zip(table.rows[1:], sheet.rows, strict=True):
        cells = row.cells
        _cell(cells[0].paragraphs[0], label.in_language(lang), BODY)
        for cell, figure in zip(cells[1:], figures, strict=True):
            _cell(cell.paragraphs[0], str(figure.value), BODY, centred=True)
    document.add_paragraph(style="Normal")


def _cell(paragraph: Paragraph, text: str, font: str, *, centred: bool = False) -> None:
    paragraph.paragraph_format.space_after = Pt(0)
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _write(paragraph, text, font, size=12)
