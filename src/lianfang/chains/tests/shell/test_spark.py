"""Clusters on Spark: the rows that DuckDB gives."""

import numpy as np

from lianfang.chains.clusters import where_everybody_was
from lianfang.chains.core.clusters.exposure import plausible_exposure
from lianfang.chains.tests.core.clusters.test_windows import held_to_duckdb
from lianfang.chains.tests.core.clusters.town import INCUBATION, cases_of, town
from lianfang.kernel.schema import PRESENCES
from lianfang.presences.tests.shell.test_spark import pytestmark, set_to_spark, spark
from lianfang.tracing.notebook import open_store

__all__ = ["pytestmark", "set_to_spark", "spark"]


def test_clusters_are_counted_the_same(spark):
    held_to_duckdb()


def test_clusters_take_the_engine_of_the_setting(spark, tmp_path, set_to_spark):
    presences = town(np.random.default_rng(1), people=60, venues=12, days=6)
    exposed = plausible_exposure(cases_of(["P1", "P2"], [7, 9]), INCUBATION)
    store = open_store(tmp_path / "store")
    store.ingest(PRESENCES.conform(presences))
    one = where_everybody_was(presences, exposed)
    set_to_spark()
    other = where_everybody_was(store, exposed)
    for name in ("visits", "occupancy", "totals", "crowd"):
        ours, theirs = getattr(one, name), getattr(other, name)
        assert ours.height and ours.sort(ours.columns).equals(theirs.sort(ours.columns)), name
