"""What the room declares."""

from lianfang.kernel.declare import Command, Panel, Room, Routes
from lianfang.kernel.tasks import TaskKind
from lianfang.kernel.text import Text

ROOM = Room(
    title=Text("处置流程", "the order of the response"),
    is_app=True,
    routes=(Routes("response/", "lianfang.response.urls"), Routes("cases/", "lianfang.response.case_urls")),
    tasks=(
        TaskKind(
            code="response.respond",
            run="lianfang.response.tasks:respond",
            label=Text("追踪与处置", "Response"),
            permission="case.report",
            exclusive=True,
            shared=True,
        ),
    ),
    panels=(
        Panel(
            code="response",
            subject="cases.case",
            title=Text("追踪与处置", "Response"),
            permission="case.view",
            content="lianfang.response.views:case_panel",
            order=10,
            above=True,
        ),
        Panel(
            code="second-degree",
            subject="cases.case",
            title=Text("密接的密接涉及范围", "How far the second degree reaches"),
            permission="case.view",
            content="lianfang.response.views:second_panel",
            order=45,
            tab="contacts",
        ),
    ),
    commands=(
        Command(
            "respond",
            "lianfang.response.commands:respond",
            "From a case list to a complete response · 由病例清单到完整处置",
            place=30,
        ),
        Command(
            "playbook",
            "lianfang.response.playbook_commands:playbook",
            "List, show, check, apply policy versions · 防控方案",
            place=40,
        ),
    ),
)
