"""Renew the golden runs: what the response gave for a fixed input, kept so that a changed number is noticed.

    python tools/golden.py           write them anew, after a change that means to change them
    python tools/golden.py check     say which files would change, and end with status 1 when any would

`git diff` then shows what the change did to the numbers. The tests only compare (src/lianfang/response/tests/shell).
"""

import datetime as dt
import io
import json
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SMALL = ROOT / "tests" / "data" / "response-small"


def text_of_docx(data: bytes) -> str:
    """The words of a Word document, a line a paragraph or table row: what a reader sees, whatever the library's XML."""
    from docx import Document
    from docx.table import Table

    lines = []
    for part in Document(io.BytesIO(data)).iter_inner_content():
        if isinstance(part, Table):
            lines += [" | ".join(cell.text for cell in row.cells) for row in part.rows]
        else:
            lines.append(part.text)
    return "\n".join(lines) + "\n"


def small_response() -> dict[str, str]:
    """Run `lianfang respond` on the small county; file name to text, without what differs from run to run."""
    from lianfang.playbook.load import load
    from lianfang.response.run import respond_to_files

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        playbook = load("covid19-cn-9")
        respond_to_files(SMALL / "in", out, playbook=playbook, as_of=dt.datetime(2022, 7, 8, 18), jurisdiction="样县")
        files = {path.name: path.read_bytes() for path in sorted(out.iterdir())}
    summary = json.loads(files.pop("summary.json"))
    del summary["seconds"], summary["lianfang"]
    texts = {"bulletin.txt": text_of_docx(files.pop("bulletin.docx"))}
    texts["summary.json"] = json.dumps(summary, ensure_ascii=False, indent=2) + "\n"
    texts |= {name: data.decode() for name, data in files.items()}
    # A reworded note of the playbook changes its digest and no number.
    return {
        n: t.replace(playbook.digest, "<digest>").replace(playbook.digest[:12], "<digest>") for n, t in texts.items()
    }


RUNS = {SMALL / "golden": small_response}
"""Folder of each golden run, and what makes it."""


def main(check: bool) -> int:
    os.environ["LIANFANG_LANG"] = "zh"
    changed = []
    for folder, run in RUNS.items():
        made = run()
        for name in sorted(made.keys() | {path.name for path in folder.glob("*")}):
            path = folder / name
            if name not in made:
                changed.append(path)
                if not check:
                    path.unlink()
            elif not path.exists() or path.read_text(encoding="utf-8") != made[name]:
                changed.append(path)
                if not check:
                    folder.mkdir(parents=True, exist_ok=True)
                    path.write_text(made[name], encoding="utf-8")
    for path in changed:
        print(("would change: " if check else "renewed: ") + str(path.relative_to(ROOT)))
    return 1 if check and changed else 0


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["check"]):
        sys.exit(__doc__)
    sys.exit(main(check=sys.argv[1:] == ["check"]))
