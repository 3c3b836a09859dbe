"""The door to reading places, buildings, estates, households, organisations and persons.

A person's protected fields leave this room only on a `PersonCard`, masked for the reader's role; frames with plain
fields are for computing and take a scope, usually that of a named task.
"""

from lianfang.access.words import area_line, area_name
from lianfang.registry.selectors.counts import areas_of_keys, register_counts
from lianfang.registry.selectors.estates import (
    buildings_of_estate,
    estates,
    estates_frame,
    people_estates,
    people_of_estate,
)
from lianfang.registry.selectors.facts import person_facts
from lianfang.registry.selectors.maps import boundaries_geojson, buildings_geojson, estates_geojson
from lianfang.registry.selectors.persons import (
    FoundCards,
    PersonCard,
    age_on,
    areas_of_people,
    card_of,
    find_cards,
    find_holder,
    household_members,
    in_register,
    people,
    people_frame,
    person_card,
    person_cards,
    search_persons,
    shown_address,
    shown_field,
)
from lianfang.registry.selectors.places import PlaceCard, place_cards, places_frame

__all__ = [
    "FoundCards",
    "PersonCard",
    "PlaceCard",
    "age_on",
    "area_line",
    "area_name",
    "areas_of_keys",
    "areas_of_people",
    "boundaries_geojson",
    "buildings_geojson",
    "buildings_of_estate",
    "card_of",
    "estates",
    "estates_frame",
    "estates_geojson",
    "find_cards",
    "find_holder",
    "household_members",
    "in_register",
    "people",
    "people_estates",
    "people_frame",
    "people_of_estate",
    "person_card",
    "person_cards",
    "person_facts",
    "place_cards",
    "places_frame",
    "register_counts",
    "search_persons",
    "shown_address",
    "shown_field",
]
