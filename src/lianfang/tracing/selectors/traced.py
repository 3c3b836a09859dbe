"""Whether the last tracing knew a case as it stands now."""

from typing import TYPE_CHECKING

from lianfang.kernel.errors import Refused
from lianfang.kernel.vocabulary import Decision
from lianfang.outbreaks.selectors import last_run, playbook_of
from lianfang.records.changes import changes_since

if TYPE_CHECKING:
    from lianfang.cases.models import Case
    from lianfang.outbreaks.models import Run


def is_traced(case: "Case") -> bool:
    """Tell whether the last tracing of the case's outbreak knew the case as it stands now.

    It did not when none was finished since the report, when the policy is another by now, or when after it facts of a
    case or what it told were changed, a contact was refused, got another category or was accepted after a refusal, or
    such a change was undone. Accepting what was proposed changes nothing for tracing. Presences that came later are
    another thing (`presences_since`): they concern every case, so the page offers the response and does not
    start it.
    """
    run = last_run(case.outbreak_id)
    if run is None or run.as_of < case.reported_at or _is_policy_another(run, case):
        return False
    if changes_since(run.as_of, acts=("case.", "contact.refuse", "contact.categorise", "interview.")).exists():
        return False
    accepted = changes_since(run.as_of, acts=("contact.accept",)).values_list("rows", flat=True)
    changed = (row for rows in accepted for row in rows if row["model"] == "tracing.contact")
    return not any(row["before"].get("decision") == Decision.REFUSED for row in changed)


def _is_policy_another(run: "Run", case: "Case") -> bool:
    try:
        return bool(run.playbook != playbook_of(case.outbreak).name)
    except Refused:
        return False  # it does not load: nothing could be traced under it either
