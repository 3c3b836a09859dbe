"""What the room declares."""

from lianfang.kernel.declare import EVERY_ROLE, FIELD, RESPONSE, Act, AuditKind, Command, Permission, Room, Subject
from lianfang.kernel.text import Counted, Text
from lianfang.kernel.vocabulary import Role

ROOM = Room(
    title=Text("记录的写入、改动与撤销", "how rows are kept, changed and taken back"),
    is_app=True,
    permissions=(
        Permission("change.undo", Text("撤销操作", "take back what was done"), FIELD),
        Permission("clock.view", Text("查看时限", "look at clocks"), FIELD),
        Permission("clock.stop", Text("办结时限", "stop clocks"), RESPONSE),
        Permission("clock.pause", Text("暂停与恢复时限", "pause clocks and let them go on"), RESPONSE),
        Permission("clock.escalate", Text("上报时限", "escalate clocks"), RESPONSE),
        Permission("task.view", Text("查看后台任务", "look at the own tasks"), EVERY_ROLE),
        Permission("task.manage", Text("管理后台任务", "look at all tasks"), frozenset({Role.ADMINISTRATOR})),
        Permission("notice.view", Text("查看通知", "read notices"), EVERY_ROLE),
    ),
    audit_kinds=(
        AuditKind("records.clock", Text("时限", "clock")),
        AuditKind("records.task", Text("后台任务", "task")),
    ),
    acts=(
        Act(
            "clock.stop",
            "records.Clock",
            Text("办结，停止计时", "Done: stop the clock"),
            "clock.stop",
            Counted("已办结 {n} 项时限。", "{n} clock stopped.", "{n} clocks stopped."),
            plan="lianfang.records.core.clock_acts:stop",
            sets=("done_at", "done_by_id"),
            tone="primary",
            settled=Text("所选时限均已办结，请刷新页面", "these clocks are all stopped already; reload the page"),
        ),
        Act(
            "clock.pause",
            "records.Clock",
            Text("暂停（须填理由）", "Pause (with a reason)"),
            "clock.pause",
            Counted("已暂停 {n} 项时限。", "{n} clock is paused.", "{n} clocks are paused."),
            plan="lianfang.records.core.clock_acts:pause",
            sets=("paused_at", "pause_reason"),
            note="required",
            need_note=Text("暂停时限须写明理由", "write the reason why the clock is paused"),
            settled=Text("所选时限均未在计时，请刷新页面", "none of these clocks is running; reload the page"),
        ),
        Act(
            "clock.resume",
            "records.Clock",
            Text("恢复计时", "Go on"),
            "clock.pause",
            Counted("已恢复 {n} 项时限。", "{n} clock goes on.", "{n} clocks go on."),
            plan="lianfang.records.core.clock_acts:resume",
            sets=("paused_at", "pause_reason", "held_seconds", "due"),
            settled=Text("所选时限均未暂停，请刷新页面", "none of these clocks is paused; reload the page"),
        ),
        Act(
            "clock.escalate",
            "records.Clock",
            Text("上报（填写上报对象）", "Escalate (to whom)"),
            "clock.escalate",
            Counted("已上报 {n} 项时限。", "{n} clock is escalated.", "{n} clocks are escalated."),
            plan="lianfang.records.core.clock_acts:escalate",
            sets=("escalated_at", "escalated_to"),
            note="required",
            need_note=Text("请写明上报给谁", "write to whom it is escalated"),
            settled=Text(
                "所选时限均已办结或已上报，请刷新页面", "these clocks are done or escalated already; reload the page"
            ),
        ),
    ),
    subjects=(
        Subject(
            "records.Clock",
            Text("时限", "clock"),
            Counted("{n} 项时限", "{n} clock", "{n} clocks"),
            said="lianfang.records.core.clock_acts:said",
            renewed="lianfang.records.core.clock_acts:is_renewed",
        ),
    ),
    commands=(
        Command("act", "lianfang.records.commands:act", "Decide, with a trace and a way back · 办理操作", True, 85),
    ),
)
