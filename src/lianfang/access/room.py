"""What the room declares."""

from lianfang.kernel.declare import EVERY_ROLE, AuditKind, Command, Permission, Room, Routes
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Role

ROOM = Room(
    title=Text("账号、角色、辖区、审计", "accounts, roles, areas, audit trail"),
    is_app=True,
    permissions=(
        Permission("account.own", Text("自己的账号", "the own account"), EVERY_ROLE),
        Permission("account.manage", Text("管理账号", "manage accounts"), frozenset({Role.ADMINISTRATOR})),
        Permission(
            "audit.view", Text("查看审计记录", "look at the trail"), frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
        ),
    ),
    routes=(Routes("account/", "lianfang.access.urls"),),
    commands=(
        Command("account", "lianfang.access.commands:account", "Make and change accounts · 账号", True, 70),
        Command("audit", "lianfang.access.commands:audit", "Verify the audit trail · 审计", True, 80),
    ),
    audit_kinds=(
        AuditKind("access.account", Text("账号", "account")),
        AuditKind("access.apikey", Text("接口密钥", "API key")),
        AuditKind("access.jurisdiction", Text("辖区", "area")),
        AuditKind("access.auditentry", Text("审计记录", "audit trail")),
        AuditKind("session", Text("登录", "session")),
        AuditKind("route", Text("页面", "route")),
    ),
)
