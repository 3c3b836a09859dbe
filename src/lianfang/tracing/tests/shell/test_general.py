"""Who shared a place, asked of a presence store: the index counts and lists as the engine does."""

import pytest

from lianfang.kernel.schema import INTERVIEWS
from lianfang.playbook.load import load
from lianfang.presences.store import open_store
from lianfang.tracing.tests.core.test_general import AS_OF, worlds
from lianfang.tracing.tracer import count_general, find_contacts, find_general


@pytest.mark.parametrize(("name", "seed"), [("covid19-cn-8", 1), ("covid19-cn-9", 6), ("covid19-cn-8", 4)])
def test_a_store_gives_the_rows_of_the_engine(tmp_path, name, seed):
    book = load(name)
    cases, presences = worlds(seed)
    store = open_store(tmp_path / "store")
    store.ingest(presences)
    contacts = find_contacts(cases, presences, INTERVIEWS.empty(), playbook=book, as_of=AS_OF)
    assert find_contacts(cases, store, INTERVIEWS.empty(), playbook=book, as_of=AS_OF).equals(contacts)
    listed = find_general(cases, presences, contacts, playbook=book, as_of=AS_OF)
    assert find_general(cases, store, contacts, playbook=book, as_of=AS_OF).equals(listed) and listed.height
    counts = count_general(cases, presences, contacts, playbook=book, as_of=AS_OF)
    assert count_general(cases, store, contacts, playbook=book, as_of=AS_OF).equals(counts)
