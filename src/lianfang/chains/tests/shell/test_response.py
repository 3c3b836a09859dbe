"""The chains of a response: as over files, the differences alone are written, twice changes nothing."""

import datetime as dt

import pytest

from lianfang.chains.models import ChainLink
from lianfang.intake.tests.written import rows_written
from lianfang.playbook.load import load
from lianfang.response.run import respond_to_files
from lianfang.response.services import respond_outbreak
from lianfang.response.tests.shell.conftest import AT, SMALL, small_county

__all__ = ["small_county"]

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def test_the_database_gives_the_chains_that_the_files_give(small_county, tmp_path):
    done = respond_outbreak(outbreak_code="O", at=AT)
    files = respond_to_files(SMALL, tmp_path / "out", playbook=load("covid19-cn-9"), as_of=dt.datetime(2022, 7, 8, 18))
    assert done.response.given["chains"].equals(files.response.given["chains"])
    assert ChainLink.unscoped.count() == done.response.given["chains"].height == done.changed["chains"]


def test_only_the_link_that_differs_is_written(small_county):
    respond_outbreak(outbreak_code="O", at=AT)
    link = ChainLink.unscoped.order_by("pk").first()
    before = set(ChainLink.unscoped.values_list("infector", "infectee", "weight", "evidence_zh"))
    ChainLink.unscoped.filter(pk=link.pk).update(weight=link.weight / 2)
    with rows_written(ChainLink) as rows:
        assert respond_outbreak(outbreak_code="O", at=AT).changed["chains"] == 1
    assert rows and {table for table, _ in rows} == {"chains_chainlink"}
    assert set(ChainLink.unscoped.values_list("infector", "infectee", "weight", "evidence_zh")) == before
    with rows_written(ChainLink) as rows:
        assert respond_outbreak(outbreak_code="O", at=AT).changed["chains"] == 0
    assert not rows
