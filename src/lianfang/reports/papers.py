"""A paper with its map as the bytes of a Word document."""

import datetime as dt

from lianfang.kernel.text import Lang
from lianfang.reports.docx import bulletin_docx
from lianfang.reports.drawings import map_png
from lianfang.reports.selectors import Paper


def document_of(paper: Paper, *, as_of: dt.datetime, lang: Lang) -> bytes:
    """Return the document; arguments as for `lianfang.reports.docx.bulletin_docx`."""
    picture = map_png(paper.areas) if paper.areas else None
    return bulletin_docx(paper.bulletin, as_of=as_of, lang=lang, map_picture=picture)
