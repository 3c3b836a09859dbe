"""A simulated Ebola epidemic (ebola_sim_clean): 5,829 cases with the contacts that interviews named.

``python -m examples.ebola_sim IN OUT``, IN with ``ebola_sim_clean.linelist.csv`` and ``ebola_sim_clean.contacts.csv``
of the R package outbreaks.

The contact list of this data set *is* its tree of transmission: each row goes from an infector to a case. It is used
as an interview would give it, so no figure about found sources is made from this data set.
"""

from pathlib import Path

import polars as pl

from examples.folder import Tables, find, run


def convert(source: Path) -> Tables:
    """Return the tables ``cases, contacts, people``."""
    listed = pl.read_csv(find(source, "ebola_sim_clean.linelist.csv"), infer_schema=False)
    named = pl.read_csv(find(source, "ebola_sim_clean.contacts.csv"), infer_schema=False)
    cases = listed.select(
        "case_id",
        person_id="case_id",
        onset_date="date_of_onset",
        isolated_at="date_of_hospitalisation",
        hospital="hospital",
        outcome="outcome",
        date_of_outcome="date_of_outcome",
    )
    people = listed.select(
        person_id="case_id",
        sex=pl.col("gender").replace_strict({"f": "female", "m": "male"}, default="unknown"),
    )
    contacts = named.select(case_id="infector", person_id="case_id", relation="source", place_kind=pl.lit("other"))
    return {"cases": cases, "contacts": contacts, "people": people}


if __name__ == "__main__":
    run(convert, __doc__ or "")
