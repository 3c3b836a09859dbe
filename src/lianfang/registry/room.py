"""What the room declares."""

from lianfang.kernel.declare import (
    FIELD,
    AuditKind,
    Entry,
    Listed,
    Panel,
    Permission,
    Protected,
    Room,
    Routes,
    Subject,
)
from lianfang.kernel.text import Counted, Text
from lianfang.kernel.vocabulary import Role

ROOM = Room(
    title=Text("人员、住户、单位、场所登记", "places, households, organisations, persons; one identity each"),
    is_app=True,
    permissions=(Permission("person.view", Text("查看人员", "look at persons"), FIELD),),
    protected=(
        Protected("name", Text("姓名", "name"), FIELD),
        Protected("phone", Text("电话", "phone"), FIELD),
        Protected("id_number", Text("证件号码", "identity number"), frozenset({Role.INVESTIGATOR})),
        Protected("address", Text("住址", "address"), FIELD),
        Protected("birth_date", Text("出生日期", "birth date"), frozenset({Role.INVESTIGATOR})),
    ),
    routes=(Routes("persons/", "lianfang.registry.urls"),),
    navigation=(Entry("person-list", Text("人员", "Persons"), "person.view", 70),),
    subjects=(
        Subject(
            "registry.Person",
            Text("人员", "person"),
            Counted("{n} 人", "{n} person", "{n} persons"),
            route="person",
            permission="person.view",
        ),
    ),
    audit_kinds=(
        AuditKind("registry.person", Text("人员", "person")),
        AuditKind("register", Text("人员库", "register")),
    ),
    lists=(Listed("persons", "lianfang.registry.views:PersonList", "person.view"),),
    panels=(
        Panel(
            code="timeline",
            subject="registry.person",
            title=Text("时间线", "Timeline"),
            permission="person.view",
            content="lianfang.registry.person_page:timeline_panel",
            order=10,
        ),
    ),
)
