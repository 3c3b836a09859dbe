"""The worklists of the room: who waits for a decision, and who should have been located by now."""

from lianfang.kernel.text import Text
from lianfang.pages.worklists import Worklist

WORKLISTS = (
    Worklist(
        code="contacts-to-decide",
        title=Text("待判定的接触者", "Contacts to decide"),
        definition=Text(
            "系统已提出、尚未判定为密接或次密接的人员。", "People whom tracing proposed and nobody has decided about."
        ),
        route="contact-list",
        filters={"decision": "proposed", "counted": "yes", "outbreak": "{outbreak}"},
        permission="contact.decide",
        roles=("commander", "investigator"),
        count="lianfang.tracing.selectors:count_to_decide",
        tone="warn",
    ),
    Worklist(
        code="contacts-to-locate",
        title=Text("逾期未落实的接触者", "Contacts overdue to be located"),
        definition=Text(
            "超过预案规定时限仍未落实到人的接触者。",
            "Contacts who were not located within the time that the playbook gives.",
        ),
        route="contact-list",
        filters={"overdue": "yes", "outbreak": "{outbreak}"},
        permission="contact.locate",
        roles=("commander", "investigator", "township_officer", "grid_worker"),
        count="lianfang.tracing.selectors:count_to_locate",
        due=Text("已逾期，请立即落实", "overdue: locate them now"),
        tone="bad",
    ),
)
