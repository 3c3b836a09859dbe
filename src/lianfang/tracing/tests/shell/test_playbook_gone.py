"""A playbook whose file is gone or faulty: one clear line for those whom it concerns, and the pages go on."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lianfang.access.tests.cast import AT
from lianfang.outbreaks import playbooks
from lianfang.outbreaks.models import Outbreak
from lianfang.tracing import selectors
from lianfang.tracing.models import Contact
from lianfang.tracing.tests.cast import CASE, SCOPE

pytestmark = pytest.mark.database
LIST = "/contacts/"
SAID = "其接触者暂不排序"


def other_outbreak(cast, tmp_path, text: str | None, *, area: str = "330999", **more) -> Outbreak:
    """A second outbreak whose overlay was deleted (None) or holds a text, with one contact."""
    overlay = tmp_path / "overlay.yaml"
    if text is not None:
        overlay.write_text(text, encoding="utf-8")
    made = Outbreak.objects.create(
        code="OB-2",
        name="另一起",
        playbook="covid19-cn-8",
        overlays=[str(overlay)],
        jurisdiction=cast.areas[area],
        started_on=dt.date(2021, 8, 6),
        **more,
    )
    Contact.unscoped.create(
        outbreak=made,
        person_id="P-SHAN",
        jurisdiction=cast.areas["330999002"],
        degree=1,
        category="close_contact",
        rule="category.close_contact",
        found_by="interview",
        proposed_at=AT,
        last_contact=AT,
        minutes=30,
    )
    return made


@pytest.mark.parametrize("text", [None, "nonsense: [", "id: x\nextends: covid19-cn-8\n"])
def test_the_list_goes_on_and_says_so_once(found, tmp_path, text):
    client = found.client("investigator")
    before = client.get(LIST).content.decode()
    assert SAID not in before
    other_outbreak(found, tmp_path, text)
    answer = client.get(LIST)
    page = answer.content.decode()
    assert answer.status_code == 200 and page.count(SAID) == 1 and "另一起" in page
    assert answer.context["count"] == 4
    # The contacts of the other outbreak are ranked as before, and come first; the filters work.
    ranked = [row.record.outbreak_id for row in answer.context["table"].rows]
    assert ranked == ["OB-1", "OB-1", "OB-1", "OB-2"]
    assert client.get(f"{LIST}?overdue=yes").status_code == 200
    assert client.get(f"{LIST}?export=csv").status_code == 200
    contact = Contact.unscoped.get(outbreak="OB-2")
    own = client.get(reverse("contact", args=[contact.pk]))
    assert own.status_code == 200 and SAID in own.content.decode()
    assert SAID not in client.get(reverse("contact", args=[Contact.unscoped.get(person_id="P-LI").pk])).content.decode()


def test_nobody_else_is_told(found, tmp_path):
    other_outbreak(found, tmp_path, None)
    assert SAID not in found.client("neighbour").get(LIST).content.decode()
    Outbreak.unscoped.filter(code="OB-2").update(ended_on=dt.date(2021, 9, 1))
    ended = found.client("investigator").get(LIST)
    assert ended.status_code == 200 and SAID not in ended.content.decode()


def test_a_playbook_is_read_once_a_request_and_anew_in_the_next(found, tmp_path, monkeypatch):
    read = []
    load = playbooks.load
    monkeypatch.setattr(playbooks, "load", lambda *key: read.append(key) or load(*key))
    made = other_outbreak(found, tmp_path, None)
    client = found.client("investigator")
    client.get(LIST)
    read.clear()
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    assert sorted(key[1] for key in read) == [(), tuple(made.overlays)]
    assert len(few) <= 40
    made.overlays = []
    made.save()
    assert SAID not in client.get(LIST).content.decode()
    # The eighth edition alone sets no limit to locate a contact; the local regime laid over it does.
    Outbreak.unscoped.filter(code="OB-1").update(overlays=["covid19-cn-8-local-winter-2021"])
    # Outside a request nothing is kept.
    read.clear()
    contact = selectors.contact_rows(SCOPE).get(person_id="P-LI")
    for _ in range(2):
        assert selectors.locate_rule(contact.outbreak) is not None
    assert len(read) == 2


def test_pages_that_cannot_do_without_it_say_why(found, tmp_path):
    Outbreak.unscoped.filter(code="OB-1").update(overlays=[str(tmp_path / "gone.yaml")])
    client = found.client("investigator")
    contact = client.get(reverse("contact", args=[Contact.unscoped.get(person_id="P-LI").pk]))
    assert contact.status_code == 200 and "暂不能列出共同停留" in contact.content.decode()
    assert client.get(reverse("companions", args=[CASE])).status_code == 409
    page = client.get(reverse("same-place", args=[CASE]))
    assert page.status_code == 409 and "打不开文件" in page.content.decode()
    part = client.get(reverse("same-place", args=[CASE]), headers={"HX-Request": "true"})
    assert part.status_code == 200 and part.content.decode().startswith('<p class="message warning"')
