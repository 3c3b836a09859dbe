"""A person is one active case of an outbreak."""

from collections.abc import Sequence

from lianfang.cases.models import Case
from lianfang.cases.services.facts import EVERYBODY, CardRefused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Classification
from lianfang.records.changes import ChangedRow


def need_no_other_case(outbreak: str, person_id: str, *, but: str = "") -> None:
    """Refuse when a person is an active case of an outbreak already, another than `but`; called inside `writing`."""
    earlier = Case.objects.within(EVERYBODY).filter(outbreak=outbreak, person_id=person_id).exclude(pk=but)
    if (double := earlier.exclude(classification=Classification.EXCLUDED.value).first()) is not None:
        raise CardRefused(
            {
                "": Text(
                    f"此人在本起疫情中已报告为病例 {double.case_id}，请打开该病例修改",
                    f"this person is case {double.case_id} of this outbreak already: open that case and change it",
                )
            }
        )


def need_one_case_each(rows: Sequence[ChangedRow]) -> None:
    """Refuse to take an exclusion back when the person was reported again since; the check of ``case.classify``."""
    excluded = Classification.EXCLUDED.value
    again = [row["pk"] for row in rows if row["after"].get("classification") == excluded]
    cases = Case.objects.within(EVERYBODY).filter(pk__in=again).exclude(classification=excluded)
    for case in cases.order_by("outbreak_id", "pk"):
        need_no_other_case(case.outbreak_id, case.person_id, but=case.pk)
