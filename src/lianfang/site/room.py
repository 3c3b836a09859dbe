"""What the room declares."""

from lianfang.kernel.declare import Command, Entry, Listed, Room, Routes
from lianfang.kernel.text import Text

ROOM = Room(
    title=Text("设置、命令与账号", "settings, command line, accounts, the API"),
    is_app=True,
    routes=(
        Routes("account/", "lianfang.site.accounts.urls"),
        Routes("tasks/", "lianfang.site.tasks.urls"),
        Routes("notices/", "lianfang.site.notices.urls"),
    ),
    navigation=(
        Entry("todo", Text("待办", "To do"), "command.view", 15),
        Entry("task-list", Text("任务", "Tasks"), "task.view", 105),
        Entry("account-list", Text("账号", "Accounts"), "account.manage", 110),
        Entry("audit-list", Text("审计日志", "Audit trail"), "audit.view", 120),
    ),
    commands=(
        Command("demo", "lianfang.site.commands:demo", "A made-up county responds to an outbreak · 演示", place=50),
        Command("serve", "lianfang.site.commands:serve_command", "Serve the web application · 启动网页系统", place=60),
        Command("work", "lianfang.site.commands:work", "Do the long work that pages ask for · 后台处理程序", place=65),
        Command("manage", "lianfang.site.commands:manage", "Run a Django management command · 管理命令", True, 90),
    ),
    lists=(
        Listed("accounts", "lianfang.site.accounts.views:AccountList", "account.manage"),
        Listed("keys", "lianfang.site.accounts.keys:KeyList", "account.manage"),
        Listed("tasks", "lianfang.site.tasks.views:TaskList", "task.view"),
        Listed("audit", "lianfang.site.accounts.views:AuditTrail", "audit.view"),
    ),
)
