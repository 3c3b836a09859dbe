"""What the file of a list holds, by the code of the column: the oracle of what the API may say."""

from typing import Any

from django.test import RequestFactory
from django.utils.translation import override

from lianfang.access.scope import scope_of
from lianfang.access.tests.cast import Cast
from lianfang.pages.api import columns_of, plain_value
from lianfang.site.api.lists import ListRoute


def exported(one: ListRoute, cast: Cast, who: str, path: str) -> list[dict[str, Any]]:
    """Return the rows of the page's own file, without the columns in whose place the API gives a fact."""
    request: Any = RequestFactory().get("/")
    request.user = getattr(cast, who)
    request.scope = scope_of(request.user)
    page = one.page()
    page.setup(request, **({"code": path.split("/")[1]} if "{" in one.path else {}))
    with override("en"):
        rows, _filterset = page.filtered()
        ordered = page.sorted_table(rows, ()).data.data
        head, *lines = list(page._lines(ordered, ordered.count(), "en"))
    names = list(columns_of(one.page.table_class))
    assert len(head) == len(names)
    replaced = one.page.table_class.facts
    return [
        {name: plain_value(cell) for name, cell in zip(names, line, strict=True) if name not in replaced}
        for line in lines
    ]
