"""Clusters over a store that lies elsewhere: what they fetch of it."""

import polars as pl

from lianfang.chains.clusters import where_everybody_was
from lianfang.chains.core.clusters.exposure import plausible_exposure
from lianfang.chains.tests.core.clusters.town import INCUBATION, cases_of
from lianfang.presences.tests.shell.test_elsewhere import DAY, T0, bucket, endings, kept, short_visits

__all__ = ["bucket"]


def test_clusters_open_the_files_of_their_days(bucket, tmp_path, monkeypatch):
    store = kept(tmp_path, monkeypatch)
    exposed = plausible_exposure(cases_of(["p01"], [4]), INCUBATION).with_columns(
        exposed_from=pl.lit(T0 + DAY), exposed_to=pl.lit(T0 + 2 * DAY)
    )
    known = where_everybody_was(store, exposed)
    assert set(endings(bucket.opened)) == {"2021-08-02.parquet"}
    there = where_everybody_was(short_visits(), exposed)
    for name in ("visits", "occupancy", "totals", "crowd"):
        one, other = getattr(known, name), getattr(there, name)
        assert one.height and one.sort(one.columns).equals(other.sort(one.columns)), name
