"""Pictures of a bulletin for the page, as SVG, and the map for the paper, as PNG; no colour and no font from elsewhere.

The map numbers each township as its row of the table does: no name need be set in it, and the darker an area the more
cases it has.
"""

import io
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import shapely
from shapely.geometry import shape

from lianfang.kernel.text import Lang, Text
from lianfang.kernel.vocabulary import Classification
from lianfang.reports.chart import COLOURS, TITLE, most_on_one_day
from lianfang.reports.core.cases import Curve

_SHADES = ("F4F1EA", "F3D9B1", "E8A96B", "CF6B3E", "9C2F22")
_STEPS = (0, 1, 3, 10, 30)
"""An area is shaded by the last of these numbers of cases that it reaches."""

MAP_TITLE = Text(
    "各乡镇（街道）累计病例：数字为表中序号，颜色由浅至深为0例、1例起、3例起、10例起、30例起",
    "Cases by township: numbers are those of the table; from light to dark none, 1, 3, 10, 30 and more",
)


@dataclass(frozen=True)
class Area:
    """A township of the map: its number in the table, its cases, its outline as GeoJSON."""

    number: int
    cases: int
    outline: Any


def curve_svg(curve: Curve, *, lang: Lang) -> str:
    """Return the epi curve as SVG, for a page; empty without a day."""
    if not curve.days:
        return ""
    width, height, left, bottom, top = 760, 240, 36, 44, 26
    most = max(most_on_one_day(curve), 1)
    a_day, high = (width - left - 8) / len(curve.days), height - bottom - top
    parts = [f'<text x="{left}" y="14" font-size="13">{escape(TITLE.in_language(lang))}</text>']
    for line in range(0, most + 1, max(1, -(-most // 4))):
        y = top + high - high * line / most
        parts.append(f'<line x1="{left}" x2="{width - 8}" y1="{y:.1f}" y2="{y:.1f}" stroke="#bbb" stroke-width="0.5"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" font-size="11" text-anchor="end">{line}</text>')
    step = max(1, len(curve.days) // 12)
    for n, day in enumerate(curve.days):
        x, base = left + n * a_day, float(top + high)
        for code, counts in curve.counts.items():
            if counts[n]:
                tall = high * counts[n] / most
                base = base - tall
                name = Classification.of(code).label.in_language(lang)
                parts.append(
                    f'<rect x="{x + 1:.1f}" y="{base:.1f}" width="{max(a_day - 2, 1):.1f}" height="{tall:.1f}" '
                    f'fill="#{COLOURS[code]}"><title>{day} {escape(name)} {counts[n]}</title></rect>'
                )
        if n % step == 0:
            parts.append(
                f'<text x="{x + a_day / 2:.1f}" y="{height - bottom + 14}" font-size="11" text-anchor="middle">'
                f"{day.month}-{day.day}</text>"
            )
    at = float(left)
    for code in curve.counts:
        name = Classification.of(code).label.in_language(lang)
        parts.append(f'<rect x="{at:.0f}" y="{height - 16}" width="11" height="11" fill="#{COLOURS[code]}"/>')
        parts.append(f'<text x="{at + 16:.0f}" y="{height - 6}" font-size="12">{escape(name)}</text>')
        at += 36 + 13 * len(name)
    return _svg(width, height, TITLE.in_language(lang), parts)


def map_svg(areas: Sequence[Area], *, lang: Lang) -> str:
    """Return the map as SVG, for a page; empty without outlines."""
    if not areas:
        return ""
    width = 620
    place, height = _placed(areas, width, 20)
    parts = []
    for area in areas:
        outline = shape(area.outline)
        rings = [ring for polygon in _polygons(outline) for ring in (polygon.exterior, *polygon.interiors)]
        path = " ".join(
            "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in (place(*point[:2]) for point in ring.coords)) + "Z"
            for ring in rings
        )
        parts.append(
            f'<path d="{path}" fill="#{_shade(area.cases)}" stroke="#555" stroke-width="0.8" fill-rule="evenodd">'
            f"<title>{area.number}: {area.cases}</title></path>"
        )
    for area in areas:
        x, y = place(*shape(area.outline).representative_point().coords[0][:2])
        dark = area.cases >= _STEPS[3]
        parts.append(
            f'<text x="{x:.1f}" y="{y + 5:.1f}" font-size="14" text-anchor="middle" '
            f'fill="{"#fff" if dark else "#222"}">{area.number}</text>'
        )
    return _svg(width, height, MAP_TITLE.in_language(lang), parts)


def map_png(areas: Sequence[Area], *, width: int = 1100) -> bytes:
    """Return the map as PNG, for a paper: the same bytes for the same areas."""
    place, height = _placed(areas, width, 24)
    canvas = np.full((height, width, 3), 255, dtype=np.uint8)
    xs, ys = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    outlines = []
    for area in areas:
        own = shapely.transform(
            shape(area.outline), lambda points: np.array([place(x, y) for x, y in points]), include_z=False
        )
        outlines.append(own)
        shapely.prepare(own)
        inside = shapely.contains_xy(own, xs, ys)
        shade = _shade(area.cases)
        canvas[inside] = [int(shade[n : n + 2], 16) for n in (0, 2, 4)]
    for own in outlines:
        edge = own.boundary.buffer(1.2)
        shapely.prepare(edge)
        canvas[shapely.contains_xy(edge, xs, ys)] = 70
    for area, own in zip(areas, outlines, strict=True):
        middle = own.representative_point()
        _write_number(canvas, str(area.number), middle.x, middle.y, white=area.cases >= _STEPS[3])
    return _png(canvas)


def _placed(areas: Sequence[Area], width: int, margin: int) -> tuple[Any, int]:
    """Return how a place on earth stands in a picture of a width, and the height of the picture."""
    west, south, east, north = shapely.total_bounds(np.array([shape(area.outline) for area in areas]))
    narrower = float(np.cos(np.radians((south + north) / 2)))
    wide = max((east - west) * narrower, 1e-9)
    scale = (width - 2 * margin) / wide
    height = min(int((north - south) * scale) + 2 * margin, 2 * width)

    def place(x: float, y: float) -> tuple[float, float]:
        return margin + (x - west) * narrower * scale, margin + (north - y) * scale

    return place, height


def _polygons(outline: Any) -> list[Any]:
    return list(outline.geoms) if hasattr(outline, "geoms") else [outline]


def _shade(cases: int) -> str:
    return next(shade for shade, step in zip(reversed(_SHADES), reversed(_STEPS), strict=True) if cases >= step)


_DIGITS = (
    "01110100011001110101110011000101110",
    "00100011000010000100001000010001110",
    "01110100010000100010001000100011111",
    "11111000100010000010000011000101110",
    "00010001100101010010111110001000010",
    "11111100001111000001000011000101110",
    "00110010001000011110100011000101110",
    "11111000010001000100010000100001000",
    "01110100011000101110100011000101110",
    "01110100011000101111000010001001100",
)
"""Five columns and seven rows a digit, row by row."""


def _write_number(canvas: Any, digits: str, x: float, y: float, *, white: bool, size: int = 4) -> None:
    glyphs = [np.array([int(dot) for dot in _DIGITS[int(one)]], dtype=bool).reshape(7, 5) for one in digits]
    gap = np.zeros((7, 1), dtype=bool)
    word = np.hstack([part for glyph in glyphs for part in (glyph, gap)][:-1])
    dots = np.kron(word, np.ones((size, size), dtype=bool))
    top, left = int(y) - dots.shape[0] // 2, int(x) - dots.shape[1] // 2
    if top < 0 or left < 0 or top + dots.shape[0] > canvas.shape[0] or left + dots.shape[1] > canvas.shape[1]:
        return
    canvas[top : top + dots.shape[0], left : left + dots.shape[1]][dots] = 255 if white else 30


def _png(canvas: Any) -> bytes:
    height, width, _ = canvas.shape
    rows = np.hstack([np.zeros((height, 1), dtype=np.uint8), canvas.reshape(height, width * 3)]).tobytes()
    out = io.BytesIO()
    out.write(b"\x89PNG\r\n\x1a\n")
    for kind, data in (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    ):
        out.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
    return out.getvalue()


def _svg(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg class="drawing" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title, {chr(34): "&quot;"})}" fill="currentColor">{"".join(parts)}</svg>'
    )
