"""Map, epi curve and graph draw under the strictest policy, in both themes, follow their data, and say it in words."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.browser

DIST = Path(__file__).resolve().parents[2] / "src/lianfang/site/static/site/dist"
POLICY = "default-src 'self'; base-uri 'none'; object-src 'none'"
TYPES = {"js": "text/javascript", "css": "text/css", "json": "application/json"}


def square(x: float, y: float, **properties: object) -> dict[str, Any]:
    ring = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"longitude": x + 0.5, "latitude": y + 0.5, **properties},
    }


def features(*items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(items)}


def point(x: float, y: float, **properties: object) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [x, y]}, "properties": properties}


COUNTY = {
    "bounds": [120, 28, 122, 29],
    "areas": features(square(120, 28, name="东街道", cases=3, url="/area/1"), square(121, 28, name="West", cases=0)),
    "buildings": features(square(120.2, 28.2, code="b")),
    "tracks": features(
        {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": [[120.2, 28.2], [121.5, 28.8]]},
            "properties": {},
        }
    ),
    "points": features(
        point(
            120.3,
            28.3,
            kind="confirmed",
            kind_label="确诊病例",
            mark="2",
            count=2,
            items=[
                {"label": "C1 一号楼", "kind_label": "确诊病例", "url": "/cases/C1/"},
                {"label": "C4", "kind_label": "疑似病例"},
            ],
        )
    ),
    "words": {
        "title": "县域图",
        "table": "表格",
        "place": "地点",
        "what": "类别",
        "count": "数",
        "scroll": "Ctrl",
        "touch": "两指",
    },
}
CURVE = {
    "days": ["2021-08-01", "2021-08-02", "2021-08-03"],
    "series": [
        {"code": "confirmed", "label": "确诊病例", "counts": [1, 0, 2]},
        {"code": "asymptomatic", "label": "无症状感染者", "counts": [0, 0, 3]},
    ],
    "urls": ["/cases/?day=1", "/cases/?day=2", "/cases/?day=3"],
    "words": {"title": "发病曲线", "summary": "六例", "day": "日期", "total": "合计", "table": "表格"},
}
CHAINS = {
    "nodes": [
        {"id": "C1", "label": "C1 确诊", "x": 0, "y": 0, "kind": "confirmed", "url": "/cases/C1/"},
        {"id": "C2", "label": "C2 无症状", "x": 2, "y": 0, "kind": "asymptomatic"},
        {"id": "C3", "label": "C3 疑似", "x": 4, "y": 0, "kind": "suspected"},
        {"id": "C4", "label": "C4 确诊", "x": 4, "y": 1, "kind": "confirmed"},
    ],
    "edges": [
        {"source": "C1", "target": "C2", "weight": 0.6, "label": "0.60", "evidence": "同住"},
        {"source": "C1", "target": "C3", "weight": 0.2, "label": "0.20", "evidence": "同车"},
    ],
    "words": {
        "title": "传播链",
        "infectee": "感染者",
        "infector": "可能来源",
        "weight": "权重",
        "evidence": "依据",
        "table": "表格",
    },
}
PAGE = """<!doctype html><html lang="zh-Hans"%s><meta charset="utf-8"><link rel="stylesheet" href="/app.css">
<script type="module" src="/app.js"></script><script type="module" src="/map.js"></script>
<script type="module" src="/chart.js"></script><script type="module" src="/graph.js"></script>
<body><lf-map data-src="/county.json" data-failed="读取失败"><p data-fallback>地图表</p></lf-map>
<lf-epicurve data-src="/curve.json" data-failed="读取失败"><p data-fallback>曲线表</p></lf-epicurve>
<lf-graph data-src="/chains.json" data-failed="读取失败"><p data-fallback>链表</p></lf-graph></body></html>"""


@dataclass
class Stage:
    """A small site that serves the built files and some JSON under the policy."""

    url: str = ""
    json: dict[str, Any] = field(default_factory=dict)
    theme: str = ""
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def stage() -> Iterator[Stage]:
    served = Stage(json={"/county.json": COUNTY, "/curve.json": CURVE, "/chains.json": CHAINS})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            served.asked.append(path)
            file = DIST / path.lstrip("/")
            if path == "/":
                body, kind = (PAGE % served.theme).encode(), "text/html; charset=utf-8"
            elif path in served.json:
                body, kind = json.dumps(served.json[path]).encode(), "application/json"
            elif file.is_file():
                body, kind = file.read_bytes(), TYPES[file.suffix[1:]]
            else:
                self.send_error(404 if path != "/favicon.ico" else 204)
                return
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    served.url = f"http://127.0.0.1:{server.server_port}/"
    yield served
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    assert (DIST / "app.js").exists(), "the front end is not built: run 'python tools/frontend.py build'"


def opened(browser: Any, stage: Stage, **options: Any) -> tuple[Any, list[str]]:
    page = browser.new_page(viewport={"width": 900, "height": 1000}, **options)
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith(stage.url) else complaints.append(f"asked outside: {asked.url}"),
    )
    page.goto(stage.url)
    return page, complaints


def real(complaints: list[str]) -> list[str]:
    # The software renderer of a machine without graphics speaks about itself.
    return [c for c in complaints if "GPU stall" not in c and "swiftshader" not in c.lower()]


def colours(page: Any, tag: str) -> set[tuple[int, ...]]:
    from PIL import Image

    shot = Image.open(BytesIO(page.locator(f"{tag} .lf-stage").screenshot())).convert("RGB")
    return {tuple(c) for _, c in shot.getcolors(maxcolors=1 << 24)}


@pytest.mark.parametrize("theme", ["", ' data-theme="dark"'])
def test_all_three_draw_without_breaking_the_policy(browser: Any, stage: Stage, theme: str) -> None:
    stage.theme = theme
    page, complaints = opened(browser, stage)
    for tag in ("lf-map", "lf-epicurve", "lf-graph"):
        page.wait_for_selector(f"{tag}[data-drawn]", timeout=20_000)
    page.wait_for_timeout(800)
    page.locator("lf-epicurve .lf-stage").hover(position={"x": 760, "y": 100})
    page.wait_for_timeout(300)
    assert page.locator(".lf-tip-inside").inner_text().splitlines()[0] == "2021-08-03"
    for tag in ("lf-map", "lf-epicurve", "lf-graph"):
        assert len(colours(page, tag)) > 20, f"{tag} is blank"
        assert not page.locator(f"{tag} > [data-fallback]").is_visible()
    assert real(complaints) == []
    page.close()


def test_each_picture_says_the_same_in_a_table(browser: Any, stage: Stage) -> None:
    page, _ = opened(browser, stage)
    page.wait_for_selector("lf-graph[data-drawn]")
    page.wait_for_selector("lf-map[data-drawn]", timeout=20_000)

    def cells(tag: str) -> list[list[str]]:
        return page.locator(f"{tag} table tbody tr").evaluate_all(
            "rows => rows.map(r => [...r.cells].map(c => c.textContent))"
        )

    assert cells("lf-epicurve") == [["2021-08-01", "1", "0", "1"], ["2021-08-03", "2", "3", "5"]]
    assert cells("lf-map") == [["C1 一号楼", "确诊病例"], ["C4", "疑似病例"]]
    assert cells("lf-graph") == [
        ["C2 无症状", "C1 确诊", "0.60", "同住"],
        ["C3 疑似", "C1 确诊", "0.20", "同车"],
        ["C4 确诊", "", "", ""],
    ]
    assert page.locator("lf-graph table a").first.get_attribute("href") == "/cases/C1/"
    page.close()


def test_a_picture_follows_its_data_and_stays_when_the_server_is_gone(browser: Any, stage: Stage) -> None:
    page, _ = opened(browser, stage)
    page.wait_for_selector("lf-epicurve[data-drawn]")
    canvas = page.locator("lf-epicurve canvas").first.element_handle()
    stage.json["/curve.json"] = {**CURVE, "series": [{"code": "confirmed", "label": "确诊病例", "counts": [1, 1, 9]}]}
    page.evaluate("document.dispatchEvent(new Event('lf:refresh'))")
    page.locator("lf-epicurve tbody tr:last-child td:last-child").filter(has_text="9").wait_for(state="attached")
    assert page.evaluate("c => c.isConnected", canvas), "drawn anew instead of changed"
    del stage.json["/curve.json"]
    page.evaluate("document.dispatchEvent(new Event('lf:refresh'))")
    page.locator("lf-epicurve .lf-note").wait_for()
    assert page.locator("lf-epicurve .lf-note").inner_text() == "读取失败"
    assert page.locator("lf-epicurve .lf-stage").is_visible()
    page.close()


def test_without_data_or_without_script_the_table_of_the_server_stands(browser: Any, stage: Stage) -> None:
    stage.json = {}
    page, _ = opened(browser, stage)
    page.locator("lf-map .lf-note").wait_for()
    assert page.locator("lf-map > [data-fallback]").is_visible()
    assert not page.locator("lf-map .lf-stage").is_visible()
    page.close()
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(stage.url)
    assert page.locator("[data-fallback]").all_inner_texts() == ["地图表", "曲线表", "链表"]
    page.close()


def test_a_mark_leads_to_its_list(browser: Any, stage: Stage) -> None:
    page, _ = opened(browser, stage)
    page.wait_for_selector("lf-epicurve[data-drawn]")
    page.wait_for_timeout(500)
    box = page.locator("lf-epicurve .lf-stage").bounding_box()
    page.mouse.click(box["x"] + 760, box["y"] + box["height"] - 40)
    page.wait_for_url("**/cases/?day=3")
    page.close()


def test_a_place_of_the_map_lists_its_cases(browser: Any, stage: Stage) -> None:
    from PIL import Image

    page, complaints = opened(browser, stage)
    page.wait_for_selector("lf-map[data-drawn]", timeout=20_000)
    page.wait_for_timeout(1000)
    stand = page.locator("lf-map .lf-stage")
    shot = np.asarray(Image.open(BytesIO(stand.screenshot())).convert("RGB"))
    y, x = np.nonzero((shot == (0xB4, 0x23, 0x18)).all(axis=2))
    assert len(x) > 0, "no confirmed case is drawn"
    middle = {"x": float(x.mean()), "y": float(y.mean())}
    stand.click(position=middle)
    page.locator(".lf-popup li").first.wait_for()
    assert page.locator(".lf-popup li").all_inner_texts() == ["C1 一号楼 · 确诊病例", "C4 · 疑似病例"]
    assert page.locator(".lf-popup a").first.get_attribute("href") == "/cases/C1/"
    assert real(complaints) == []
    page.close()
