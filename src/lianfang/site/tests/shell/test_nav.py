"""One entry of the navigation is marked as the present one: that which says most of the address."""

import pytest
from django.test import RequestFactory

from lianfang.access.tests.cast import Cast
from lianfang.site.nav import page

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.mark.parametrize(
    ("path", "here"),
    [
        ("/", ["/"]),
        ("/outbreaks/", ["/outbreaks/"]),
        ("/outbreaks/open/", ["/outbreaks/"]),
        ("/outbreaks/2021-01/change/", ["/outbreaks/"]),
        ("/outbreaks/2021-01/chains/", ["/outbreaks/chains/"]),
        ("/outbreaks/chains/", ["/outbreaks/chains/"]),
        ("/cases/report/", ["/cases/"]),
        ("/account/", []),
        ("/somewhere/", []),
    ],
)
def test_one_entry_is_here(cast: Cast, path: str, here: list[str]) -> None:
    request = RequestFactory().get(path)
    request.user = cast.commander
    assert [one["url"] for one in page(request)["page"]["nav"] if one["here"]] == here
