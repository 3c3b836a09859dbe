"""The made-up pathogen of a drill, and how its infections come to light: settings, no estimates of a real disease."""

from dataclasses import dataclass, field

import numpy as np

from lianfang.drill.core.chance import Floats
from lianfang.kernel.vocabulary import PlaceKind


@dataclass(frozen=True)
class Pathogen:
    """What the made-up pathogen does. Days, unless said otherwise.

    Attributes
    ----------
    rates : dict of PlaceKind to float
        Infections an hour of shared presence, at the height of infectiousness of an average person.
    incubation : tuple of float
        Mean and standard deviation of a gamma law, never under 1.5 days.
    lead : tuple of float
        Mean and standard deviation (gamma) of the time before onset from which somebody is infectious, but never within
        a day of infection. People differ, and about half are infectious earlier than a look-back of two days.
    unrecorded, unrecorded_minutes : float
        Meetings a day that no list knows of, with somebody of the same community, and how long they last on average: in
        stairwells, on benches, over the fence. They infect as other meetings do.
    peak, span : float
        From the start of infectiousness to its height, and to its end.
    dispersion : float
        Shape of the gamma law (mean 1) by which people differ; small means that few infect many.
    asymptomatic, asymptomatic_strength : float
        Share without symptoms, and how infectious they are beside the others.
    """

    rates: dict[PlaceKind, float] = field(
        default_factory=lambda: {
            PlaceKind.DWELLING: 0.03,
            PlaceKind.WORK: 0.03,
            PlaceKind.SCHOOL: 0.014,
            PlaceKind.MEAL: 0.16,
            PlaceKind.VEHICLE: 0.09,
            PlaceKind.VENUE: 0.06,
            PlaceKind.CARE: 0.06,
            PlaceKind.OTHER: 0.04,
        }
    )
    incubation: tuple[float, float] = (3.6, 1.2)
    lead: tuple[float, float] = (2.1, 0.9)
    unrecorded: float = 1.5
    unrecorded_minutes: float = 40.0
    peak: float = 1.6
    span: float = 8.0
    dispersion: float = 1.2
    asymptomatic: float = 0.22
    asymptomatic_strength: float = 0.5

    def infectiousness(self, since: Floats) -> Floats:
        """How infectious somebody is, so many days after becoming so: 1 at the height, 0 before and after."""
        height = np.maximum(since, 0.0) / self.peak
        return np.where((since > 0) & (since < self.span), height * np.exp(1 - height), 0.0)


@dataclass(frozen=True)
class Detection:
    """How infections come to light, whatever the response does. Days, unless said otherwise.

    Attributes
    ----------
    seeks_care : float
        Share of the symptomatic who go to a fever clinic.
    delay : tuple of float
        Mean and standard deviation (gamma) from onset to the clinic.
    contact_tested : float
        Chance that an infected person close to a found case (of the household, infector, infected) is tested.
    detectable : float
        A test finds an infection no earlier than this after it.
    quarantined : float
        Share of the people whom a reported case met that are taken into quarantine on the next day, whatever the
        response that is scored proposes: a county does not stand still while it is being watched. 0 turns it off.
    """

    seeks_care: float = 0.72
    delay: tuple[float, float] = (1.6, 0.9)
    contact_tested: float = 0.6
    detectable: float = 1.5
    quarantined: float = 0.8
