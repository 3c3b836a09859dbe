"""What was done, in sentences: entries of the audit trail, and the changes of one account.

An entry keeps codes and numbers, which say everything to a programme and little to a reader. What an act is called, who
it is about and what was refused is told by what the rooms declare; what no room declares is told by its kind alone, so
that an entry of a room that was taken away still reads.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from lianfang.access.models import AuditEntry
from lianfang.house import acts, audit_kinds, permissions
from lianfang.kernel.declare import Act
from lianfang.kernel.text import Text
from lianfang.records.models import Change

_SAID: dict[str, Text] = {
    "case.report": Text("报告了病例 {key}", "reported case {key}"),
    "case.load": Text("导入了 {rows} 例病例", "loaded {rows} cases"),
    "interview.add": Text("录入了流调提供的接触者", "recorded a contact whom a case named"),
    "interview.load": Text("导入了 {rows} 条流调接触者", "loaded {rows} named contacts"),
    "contact.propose": Text("追踪后更新了接触者建议", "renewed the proposed contacts after tracing"),
    "measure.propose": Text("更新了管控措施建议", "renewed the proposed measures"),
    "clock.start": Text("更新了时限", "renewed the clocks"),
    "chain.infer": Text("更新了传播链", "renewed the chains"),
    "register.load": Text("导入了人员库", "loaded the register"),
    "person.register": Text("登记了人员 {key}", "registered person {key}"),
    "person.change": Text("修改了人员 {key} 的登记信息", "changed what the register says of person {key}"),
    "jurisdiction.load": Text("导入了 {rows} 个辖区", "loaded {rows} areas"),
    "outbreak.open": Text("将疫情 {key} 立项", "opened outbreak {key}"),
    "outbreak.renew": Text("修改了疫情 {key}", "changed outbreak {key}"),
    "bulletin.publish": Text("发布了疫情 {key} 的日报", "published the bulletin of outbreak {key}"),
    "account.create": Text("新建了账号 {key}", "made account {key}"),
    "account.settle": Text("修改了账号 {key}", "changed account {key}"),
    "account.enable": Text("启用了账号 {key}", "enabled account {key}"),
    "account.disable": Text("停用了账号 {key}", "disabled account {key}"),
    "account.password": Text("修改了账号 {key} 的密码", "changed the password of account {key}"),
    "key.make": Text("新建了机器密钥 {key}", "made key {key}"),
    "key.revoke": Text("撤销了机器密钥 {key}", "revoked key {key}"),
    "task.ask": Text("申请了后台任务", "asked for a task"),
    "task.cancel": Text("取消了后台任务", "called a task off"),
    "task.retry": Text("重试了后台任务", "had a task done again"),
    "task.file": Text("下载了任务生成的文件", "took the file of a task"),
    "presence.ingest": Text("导入了在场记录清单（{rows} 条）", "took a list of presences in ({rows} rows)"),
    "presence.withdraw": Text("撤回了一份在场记录清单", "withdrew a list of presences"),
    "presence.drop": Text("删除了旧日期的在场记录", "dropped old days of the presences"),
    "presence.preview": Text("预览了在场记录的删除", "previewed a removal of presences"),
    "presence.retract": Text("删除了一人的在场记录", "took the presences of a person out"),
}
"""What is written into the trail and is no declared act."""

_SESSION: dict[str, Text] = {
    "signed in": Text("登录", "signed in"),
    "signed out": Text("退出", "signed out"),
    "failed": Text("登录失败", "failed to sign in"),
    "locked out": Text("登录失败次数过多，暂时锁定", "was locked out after too many failures"),
}
_SYSTEM = Text("系统（{name}）", "the system ({name})")
_UNDO = "undo "


def who(actor: str, names: Mapping[str, str]) -> Text:
    """Return who did something: the name of the account, or that it was the system.

    Parameters
    ----------
    actor : str
        As the trail has it: ``account:<username>`` or ``system:<task>``.
    names : mapping
        Names of accounts by their user names; one that has none stands by the user name.
    """
    kind, _, name = actor.partition(":")
    if kind == "account":
        return Text(*(names.get(name) or name,) * 2)
    return _SYSTEM.format(name=name or actor)


def told(entry: AuditEntry) -> Text:
    """Return what an entry says that somebody did, without who it was."""
    detail: dict[str, Any] = entry.detail if isinstance(entry.detail, dict) else {}
    if (known := _SAID.get(str(detail.get("act", "")))) is not None:
        rows = detail.get("rows")
        return known.format(key=entry.key, rows=rows if isinstance(rows, int) else "—")
    if entry.kind == "session" and entry.key in _SESSION:
        return _SESSION[entry.key]
    if entry.act == "read":
        return _read(entry, detail)
    if entry.act == "export":
        return _exported(entry, detail)
    if entry.act == "refused":
        return _refused(entry, detail)
    return _written(entry, detail)


def change_told(change: Change) -> list[Text]:
    """Return what a change did, a sentence for each act in it: the one that was asked for first."""
    by_kind = Counter(str(row.get("model", "")) for row in change.rows)
    act = acts().get(change.act)
    own = act.subject.lower() if act is not None else next(iter(by_kind), "")
    first = _act_told(act, by_kind.pop(own, 0)) if act is not None else Text(change.act, change.act)
    followed = [
        Text("{kind}随之变动 {n} 条", "{n} rows followed: {kind}").format(kind=_kind(kind), n=n)
        for kind, n in by_kind.items()
        if kind != own
    ]
    return [first, *followed]


def _kind(code: str) -> Text:
    known = audit_kinds().get(code)
    return known.label if known is not None else Text(code, code)


def _read(entry: AuditEntry, detail: dict[str, Any]) -> Text:
    kind, keys = _kind(entry.kind), detail.get("keys")
    if entry.key:
        return Text("查看了{kind} {key}", "looked at {kind} {key}").format(kind=kind, key=entry.key)
    if "list" in detail and isinstance(keys, list):
        return Text("查看了{kind}列表（{n} 条）", "looked at the list: {kind} ({n} rows)").format(
            kind=kind, n=len(keys)
        )
    if isinstance(keys, list):
        return Text("查看了 {n} 条{kind}", "looked at {n} of: {kind}").format(kind=kind, n=len(keys))
    return Text("查看了{kind}", "looked at: {kind}").format(kind=kind)


def _exported(entry: AuditEntry, detail: dict[str, Any]) -> Text:
    kind = _kind(entry.kind)
    if isinstance(rows := detail.get("rows"), int):
        return Text("导出了{kind}（{n} 条）", "exported: {kind} ({n} rows)").format(kind=kind, n=rows)
    about = f" {entry.key}" if entry.key else ""
    return Text("导出了{kind}{about}", "exported: {kind}{about}").format(kind=kind, about=about)


def _refused(entry: AuditEntry, detail: dict[str, Any]) -> Text:
    code = str(detail.get("permission", ""))
    if (permission := permissions().get(code)) is not None:
        return Text("无权{what}，已拒绝", "was refused, without the permission to {what}").format(what=permission.label)
    return Text("被拒绝：{kind}", "was refused: {kind}").format(kind=_kind(entry.kind))


def _written(entry: AuditEntry, detail: dict[str, Any]) -> Text:
    code, keys = str(detail.get("act", "")), detail.get("keys")
    undone = code.startswith(_UNDO)
    act = acts().get(code.removeprefix(_UNDO))
    number = len(keys) if isinstance(keys, list) else 1
    if act is not None and isinstance(keys, list):
        said = _act_told(act, number)
        return Text("撤销：{said}", "took back: {said}").format(said=said) if undone else said
    about = f" {entry.key}" if entry.key else ""
    return Text("修改了{kind}{about}", "changed: {kind}{about}").format(kind=_kind(entry.kind), about=about)


def _act_told(act: Act, number: int) -> Text:
    return Text(*(words.rstrip("。.") for words in act.done.format(n=number)))


__all__ = ["change_told", "told", "who"]
