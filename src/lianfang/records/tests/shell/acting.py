"""A small outbreak with contacts, their measures and a running clock, for the tests of acts."""

import datetime as dt
from dataclasses import dataclass

from lianfang.access.tests.cast import AT, Cast
from lianfang.cases.models import Case
from lianfang.measures.models import Measure
from lianfang.outbreaks.models import Outbreak
from lianfang.records.models import Clock
from lianfang.registry.models import Person
from lianfang.tracing.models import Contact

HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True)
class World:
    """Keys of what there is."""

    cast: Cast
    contacts: list[int]
    clock: int

    def decisions(self) -> list[str]:
        """What is decided of the contacts."""
        return list(Contact.unscoped.order_by("pk").values_list("decision", flat=True))

    def accept_all(self) -> None:
        """Let every contact have been accepted: a measure is ordered for nobody else."""
        Contact.unscoped.update(decision="accepted")

    def measures(self, **wanted: object) -> list[tuple[str, str, bool]]:
        """Person, decision and whether released, of the measures."""
        rows = Measure.unscoped.filter(**wanted).order_by("person_id", "rule")
        return [(one.person_id, one.decision, one.released_at is not None) for one in rows]


def build(cast: Cast, people: int = 3) -> World:
    """Make an outbreak with one case and so many contacts, each with one proposed measure."""
    area = cast.areas["330999001"]
    Outbreak.unscoped.create(
        code="O1", name="O1", playbook="covid19-cn-9", jurisdiction=cast.areas["330999"], started_on=AT.date()
    )
    ids = [f"P{n:05d}" for n in range(people)]
    Person.unscoped.bulk_create([Person(person_id=one, name="王", jurisdiction=area) for one in ids], batch_size=500)
    told = {"outbreak_id": "O1", "jurisdiction": area, "category": "close_contact", "proposed_at": AT}
    Contact.unscoped.bulk_create(
        [Contact(person_id=one, degree=1, rule="c", found_by="interview", **told) for one in ids], batch_size=500
    )
    Measure.unscoped.bulk_create([measure(one, "m", area, **told) for one in ids], batch_size=500)
    patient = Person.unscoped.create(person_id="PX", name="张", jurisdiction=area)
    Case.unscoped.create(case_id="C1", outbreak_id="O1", person=patient, jurisdiction=area, reported_at=AT)
    clock = running("report", area)
    clock.save()
    return World(cast, list(Contact.unscoped.order_by("pk").values_list("pk", flat=True)), clock.pk)


def running(code: str, area: object) -> Clock:
    """Return a running clock of the case, not yet stored."""
    times = {"starts": AT, "due": AT + 2 * HOUR}
    return Clock(
        subject_kind="cases.case",
        subject="C1",
        matter="O1",
        jurisdiction=area,
        clock=code,
        rule=f"clock.{code}",
        **times,
    )


def measure(person: str, rule: str, area: object, **told: object) -> Measure:
    """Return a proposed measure, not yet stored."""
    facts = {"outbreak_id": "O1", "jurisdiction": area, "category": "close_contact", "proposed_at": AT, **told}
    end = AT + 7 * 24 * HOUR
    return Measure(person_id=person, rule=rule, kind="home_quarantine", place_class="home", start=AT, end=end, **facts)
