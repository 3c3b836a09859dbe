"""The trail and the own changes speak in sentences, in both languages, whatever an entry holds."""

import ast
import datetime as dt
import re
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.access import audit
from lianfang.access.models import AuditEntry
from lianfang.cases.tests.cast import SCOPE
from lianfang.house import acts, audit_kinds
from lianfang.records.models import Change
from lianfang.records.seen import mark_of
from lianfang.site.accounts import sentences
from lianfang.site.accounts.sentences import change_told, told, who
from lianfang.site.tests.shell.reported import CASE, answered, browser, county, html
from lianfang.tracing.selectors import contacts_of_case

__all__ = ["answered", "browser", "county"]
AT = dt.datetime(2021, 8, 6, 2, tzinfo=dt.UTC)
PACKAGE = Path(sentences.__file__).resolve().parents[2]


def entry(act: str, kind: str, key: str = "", /, **detail: object) -> AuditEntry:
    return AuditEntry(number=1, at=AT, actor="account:wang", act=act, kind=kind, key=key, detail=detail)


@pytest.mark.parametrize(
    ("one", "zh", "en"),
    [
        (entry("read", "cases.case", "C-1"), "查看了病例 C-1", "looked at case C-1"),
        (
            entry("read", "tracing.contact", list="/contacts/", keys=["1", "2"]),
            "查看了接触者列表（2 条）",
            "looked at the list: contact (2 rows)",
        ),
        (
            entry("export", "measures.measure", rows=31, form="csv"),
            "导出了措施（31 条）",
            "exported: measure (31 rows)",
        ),
        (
            entry("write", "tracing.contact", act="contact.accept", keys=[1, 2, 3]),
            "已采纳3名接触者",
            "3 contacts are accepted",
        ),
        (
            entry("write", "tracing.contact", "1", act="undo contact.locate", keys=[1]),
            "撤销：1名接触者已核实到人",
            "took back: 1 contact is located",
        ),
        (entry("write", "cases.case", "C-2", act="case.report"), "报告了病例 C-2", "reported case C-2"),
        (
            entry("export", "records.task", "t", act="task.file", bytes=9),
            "下载了任务生成的文件",
            "took the file of a task",
        ),
        (entry("write", "access.account", "wang", act="account.disable"), "停用了账号 wang", "disabled account wang"),
        (entry("sign-in", "session", "signed in", address="::1"), "登录", "signed in"),
        (
            entry("refused", "page", permission="case.view"),
            "无权查看病例，已拒绝",
            "without the permission to look at cases",
        ),
        (entry("write", "gone.thing", "7", act="gone.act"), "修改了gone.thing 7", "changed: gone.thing 7"),
    ],
)
def test_an_entry_reads_as_a_sentence(one: AuditEntry, zh: str, en: str) -> None:
    said = told(one)
    assert said.zh == zh and said.en.endswith(en)


@given(
    act=st.sampled_from(["read", "write", "export", "sign-in", "refused"]),
    kind=st.sampled_from([*audit_kinds(), "session", "", "gone.thing"]),
    key=st.text(max_size=8),
    detail=st.dictionaries(
        st.sampled_from(["act", "keys", "rows", "list", "permission", "form"]),
        st.one_of(st.none(), st.integers(), st.sampled_from([*acts(), "undo contact.accept"]), st.lists(st.integers())),
    ),
)
def test_whatever_an_entry_holds_it_can_be_said(act: str, kind: str, key: str, detail: dict[str, object]) -> None:
    said = told(AuditEntry(act=act, kind=kind, key=key, detail=detail))
    assert said.zh.strip() and said.en.strip()


def test_whatever_is_written_into_the_trail_has_its_sentence() -> None:
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Dict):
                keys = (key.value if isinstance(key, ast.Constant) else None for key in node.keys)
                told_in = [value for key, value in zip(keys, node.values, strict=True) if key == "act"]
            elif isinstance(node, ast.Call):
                called = getattr(node.func, "id", "")
                told_in = [one.value for one in node.keywords if one.arg == "act"]
                told_in += node.args[:1] if called in ("record", "_record_removed", "_trace") else []
            else:
                continue
            words = (one.value for value in told_in for one in ast.walk(value) if isinstance(one, ast.Constant))
            found |= {word for word in words if isinstance(word, str) and re.fullmatch(r"[a-z]+\.[a-z]+", word)}
    assert {"case.report", "clock.start", "presence.retract", "task.cancel"} <= found
    assert found <= {*acts(), *sentences._SAID}


def test_who_it_was() -> None:
    assert who("account:wang", {"wang": "王伟"}) == ("王伟", "王伟")
    assert who("account:wang", {}).zh == "wang"
    assert who("system:respond", {}) == ("系统（respond）", "the system (respond)")


def test_a_change_tells_what_was_asked_for_and_what_followed() -> None:
    rows = [
        {"model": "tracing.contact", "pk": 1},
        {"model": "measures.measure", "pk": 5},
        {"model": "measures.measure"},
    ]
    said = change_told(Change(pk=uuid.uuid4(), at=AT, act="contact.refuse", rows=rows))
    assert [one.zh for one in said] == ["已对1名接触者作出不采纳决定", "措施随之变动 2 条"]
    assert said[1].en == "2 rows followed: measure"
    assert change_told(Change(at=AT, act="gone.act", rows=[]))[0].zh == "gone.act"


@pytest.mark.django_db
@pytest.mark.database
@pytest.mark.parametrize(("language", "words"), [("zh-hans", "已采纳1名接触者"), ("en", "1 contact is accepted")])
def test_the_own_page_and_the_trail_say_it(county, answered, language, words) -> None:
    contact = contacts_of_case(CASE, SCOPE).first()
    sent = {"keys": contact.pk, "seen": f"{contact.pk}:{mark_of(contact)}", "action": "contact.accept"}
    answered.post("/act/", sent)
    answered.post("/preferences/", {"language": language})
    assert words in html(answered.get("/account/"))
    audit.record(actor="system:respond", act="write", kind="tracing.contact", detail={"act": "contact.propose"}, at=AT)
    auditor = county.client("auditor")
    auditor.post("/preferences/", {"language": language})
    page = html(auditor.get("/account/audit/?q=tracing.contact"))
    said = re.findall(r'data-label="(?:操作内容|What was done)">([^<]*)<', page)
    assert any(words in one for one in said) and any("respond" in one for one in said)
