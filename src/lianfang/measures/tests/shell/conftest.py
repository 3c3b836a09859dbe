import datetime as dt
from collections.abc import Callable, Sequence

import polars as pl
import pytest

from lianfang.access.scope import system_scope
from lianfang.access.tests.cast import AT
from lianfang.access.times import to_local
from lianfang.measures.core.decide import decide
from lianfang.measures.models import Measure
from lianfang.measures.services import propose_measures
from lianfang.outbreaks.models import Outbreak
from lianfang.playbook.load import load
from lianfang.registry.models import Person
from lianfang.registry.tests.cast import load_cast_register
from lianfang.tracing.models import Contact

SCOPE = system_scope("tests")
BOOK = load("covid19-cn-8")
MET = dt.datetime(2021, 8, 4, 18, 0)


@pytest.fixture
def register(cast):
    """The fixed cast with its register and one outbreak under the eighth edition."""
    load_cast_register()
    Outbreak.objects.create(
        code="ANHE",
        name="安和县疫情",
        playbook="covid19-cn-8",
        jurisdiction=cast.areas["330999"],
        started_on=dt.date(2021, 8, 5),
    )
    return cast


def facts(**last_exposure: dt.datetime) -> pl.DataFrame:
    """Close contacts by person id (``P_LI`` for ``P-LI``)."""
    ids = [name.replace("_", "-") for name in last_exposure]
    return pl.DataFrame(
        {
            "person_id": ids,
            "category": ["close_contact"] * len(ids),
            "last_exposure": list(last_exposure.values()),
            "found_at": [to_local(AT)] * len(ids),
        }
    )


def accept(people: Sequence[str]) -> None:
    """Let people be accepted as close contacts: nobody else is ordered anything as one."""
    told = {"degree": 1, "category": "close_contact", "rule": "category.close_contact", "found_by": "interview"}
    Contact.unscoped.bulk_create(
        [
            Contact(
                outbreak_id="ANHE",
                person=one,
                jurisdiction=one.jurisdiction,
                decision="accepted",
                proposed_at=AT,
                **told,
            )
            for one in Person.unscoped.filter(pk__in=people, contacts=None).select_related("jurisdiction")
        ],
        batch_size=500,
    )


@pytest.fixture
def propose(register) -> Callable[..., object]:
    """Propose the measures of close contacts."""

    def run(*, complete: bool = True, at: dt.datetime = AT, **last_exposure: dt.datetime) -> object:
        decided = decide(facts(**last_exposure), playbook=BOOK, as_of=to_local(AT) + dt.timedelta(days=7))
        assert decided.refused.is_empty()
        accept(decided.measures["person_id"].unique().to_list())
        return propose_measures(measures=decided.measures, outbreak="ANHE", by=SCOPE, at=at, complete=complete)

    return run


@pytest.fixture
def proposed(propose) -> dict[tuple[str, str], int]:
    """Li lives in Donghe, Shan in Xishan, Zhao in the neighbouring county; keys by person and kind of measure."""
    propose(P_LI=MET, P_SHAN=MET, P_ZHAO=MET)
    return {(m.person_id, m.kind): m.pk for m in Measure.objects.within(SCOPE)}
