"""What is counted about contacts, each number defined once; for `lianfang.kernel.figures`."""

from lianfang.kernel.figures import Figure, ListLink
from lianfang.kernel.text import Text
from lianfang.tracing.core import state

SUBJECT = "tracing.Contact"


def _list(**filters: str) -> ListLink:
    return ListLink("contact-list", "contact.view", {"counted": "yes", **filters})


CONTACTS = Figure(
    name="contacts.total",
    label=Text("接触者", "Contacts"),
    short=Text("接触者", "Contacts"),
    definition=Text(
        "接触者，待定的也计；不采纳的和本身为病例的不计。",
        "Contacts, proposed ones too; without those that were refused and those who are cases themselves.",
    ),
    subject=SUBJECT,
    where=state.COUNTED,
    list=_list(),
)
LOCATED = Figure(
    name="contacts.located",
    label=Text("已核实到人的接触者", "Contacts located"),
    short=Text("已核实到人", "Located"),
    definition=Text("接触者中已找到并联系上的。", "Those of the contacts who were found and reached."),
    subject=SUBJECT,
    where=state.LOCATED,
    list=_list(located="yes"),
)
OVERDUE = Figure(
    name="contacts.overdue",
    label=Text("逾期未核实到人的接触者", "Contacts not located in time"),
    definition=Text(
        "自提出起已超过方案规定的时限、仍未核实到人的接触者；方案未规定时限的、暂停计时的不计。",
        "Contacts who were not located within the time that the playbook gives from their proposal; "
        "none where it gives no limit or the clock is paused.",
    ),
    subject=SUBJECT,
    where=state.OVERDUE,
    list=_list(overdue="yes"),
    tone="bad",
)
WAITING = Figure(
    name="contacts.waiting",
    label=Text("待定接触者", "Contacts to decide"),
    definition=Text(
        "系统提出、尚无人决定的接触者；本身为病例的不计。",
        "Contacts that are proposed and that nobody has decided yet; without those who are cases themselves.",
    ),
    subject=SUBJECT,
    where=state.WAITING,
    list=_list(decision="proposed"),
    tone="warn",
)
