"""What the room declares."""

from lianfang.kernel.declare import (
    DECIDING,
    RESPONSE,
    Act,
    AuditKind,
    Entry,
    Happened,
    Listed,
    Offer,
    Panel,
    Permission,
    Room,
    Routes,
    Step,
    Subject,
)
from lianfang.kernel.text import Counted, Text

ROOM = Room(
    title=Text("病例报告、分类、流调", "report cards, classification, investigation"),
    is_app=True,
    permissions=(
        Permission("case.view", Text("查看病例", "look at cases"), RESPONSE),
        Permission("case.report", Text("报告病例", "report a case"), DECIDING),
        Permission("case.change", Text("修改病例", "change a case"), DECIDING),
    ),
    routes=(Routes("cases/", "lianfang.cases.urls"),),
    navigation=(Entry("case-list", Text("病例", "Cases"), "case.view", 20),),
    subjects=(
        Subject(
            "cases.Case",
            Text("病例", "case"),
            Counted("{n} 例病例", "{n} case", "{n} cases"),
            route="case",
            permission="case.view",
            names_itself=True,
        ),
    ),
    acts=(
        Act(
            "case.change",
            "cases.Case",
            Text("修改病例", "Change a case"),
            "case.change",
            Counted("已修改 {n} 例病例。", "{n} case is changed.", "{n} cases are changed."),
        ),
        Act(
            "case.classify",
            "cases.Case",
            Text("改变病例分类", "Classify a case"),
            "case.change",
            Counted("已改变 {n} 例病例的分类。", "{n} case is classified.", "{n} cases are classified."),
            check_undo="lianfang.cases.services:need_one_case_each",
        ),
    ),
    audit_kinds=(
        AuditKind("cases.case", Text("病例", "case")),
        AuditKind("itinerary", Text("行程", "itinerary")),
    ),
    lists=(Listed("cases", "lianfang.cases.views:CaseList", "case.view"),),
    steps=(
        Step(
            "windows",
            Text("确定传染期", "infectious windows"),
            "lianfang.cases.core.step:windows",
            reads=("cases",),
            gives=("active", "windows"),
            rests_on=("cases.case", "outbreaks.outbreak"),
        ),
    ),
    panels=(
        Panel(
            code="cases",
            subject="registry.person",
            title=Text("病例", "Cases"),
            permission="case.view",
            content="lianfang.cases.views:person_panel",
            order=20,
        ),
        Panel(
            code="itinerary",
            subject="cases.case",
            title=Text("活动轨迹", "Itinerary"),
            permission="case.view",
            content="lianfang.cases.itinerary_views:case_panel",
            order=30,
            above=True,
        ),
        Panel(
            code="history",
            subject="cases.case",
            title=Text("报告卡与经过", "Report card and history"),
            permission="case.view",
            content="lianfang.cases.case_page:history_panel",
            order=90,
        ),
    ),
    timeline=(
        Happened("registry.person", "case.view", "lianfang.cases.timeline:of_person"),
        Happened("cases.case", "case.view", "lianfang.cases.timeline:of_case"),
    ),
    offers=(
        Offer(
            "outbreaks.outbreak",
            "case.view",
            Text("该疫情的病例", "Cases of this outbreak"),
            "lianfang.cases.offers:cases_of_outbreak",
        ),
        Offer(
            "registry.person",
            "case.report",
            Text("报告为病例", "Report as a case"),
            "lianfang.cases.offers:report_person",
        ),
    ),
)
