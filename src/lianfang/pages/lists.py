"""The list page, written once: search, filters, sorting, paging, choosing rows, acting on them with undo, export.

A room names its table and filterset and says which rows a reader sees::

    class CaseList(ListPage):
        title = _("Cases")
        audit_kind = "cases.case"
        table_class = CaseTable
        filterset_class = CaseFilter
        actions = ("case.close",)

        def get_rows(self) -> QuerySet[Case]:
            return selectors.case_rows(self.request.scope)

What is done with rows is a declared act (`lianfang.kernel.declare.Act`), named by its code; see `pages.acting`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import django_filters
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import HttpResponseBadRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views import View

from lianfang.access import audit
from lianfang.access.core.roles import may
from lianfang.access.rules import ScopedRequest, record_refusal
from lianfang.access.times import now, to_local
from lianfang.access.words import say
from lianfang.house import acts, subjects
from lianfang.kernel.declare import Act, Tone
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Counted
from lianfang.pages import large_export
from lianfang.pages.acting import Done, answer_act, nothing_chosen, tell
from lianfang.pages.exports import csv_response, xlsx_response
from lianfang.pages.filters import SearchFilter, chosen_of
from lianfang.pages.keys import row_keys
from lianfang.pages.tables import SelectColumn, Table

PER_PAGE = (25, 50, 100, 200)
EXPORT_PERMISSION = "export.rows"
ROWS = Counted("{n} 条记录", "{n} row", "{n} rows")
_EXPORT_CHUNK = 2000
_LIST_STATE = ("page", "export")


@dataclass(frozen=True)
class BulkAction:
    """Something to do with the chosen rows that is no declared act, since it leaves nothing to take back.

    Attributes
    ----------
    name : str
        Code that `ListPage.act` gets.
    label : str
        On the button; lazy.
    permission : str
        Who sees the button and may press it.
    tone : {"plain", "primary", "danger"}
        How the button looks.
    note : bool
        Whether a reason may be typed beside the buttons.
    """

    name: str
    label: Any
    permission: str
    tone: Tone = "plain"
    note: bool = False


@dataclass(frozen=True)
class Empty:
    """What a page says where there are no rows: what that means, and what to do next."""

    title: Any
    hint: Any = ""
    link: Callable[[], str] | None = None
    link_label: Any = ""
    permission: str | None = None


class ListPage(View):
    """A page of rows. Set the class attributes and write `get_rows`; `actions` are codes of declared acts.

    What it asks the database does not grow with the rows: give `get_rows` its ``select_related`` and
    ``prefetch_related``.
    """

    http_method_names: list[str] = ["get", "head", "post"]

    title: ClassVar[Any]
    audit_kind: ClassVar[str]
    table_class: ClassVar[type[Table]]
    filterset_class: ClassVar[type[django_filters.FilterSet] | None] = None
    actions: ClassVar[Sequence[str | BulkAction]] = ()
    empty: ClassVar[Empty | None] = None
    empty_link_above: ClassVar[bool] = False  # the link of `empty` stands beside the heading too, whatever the rows
    per_page: ClassVar[int] = 50
    template_name: ClassVar[str] = "pages/list.html"
    export_name: ClassVar[str | None] = None
    rows_are: ClassVar[Counted | None] = None  # how rows are counted; None: as the house counts the kind, else as rows
    request: ScopedRequest

    # What a room writes.

    def get_rows(self) -> QuerySet[Any]:
        """Return every row that the reader may see, through a selector and `self.request.scope`."""
        raise NotImplementedError

    def act(self, action: str, rows: QuerySet[Any], note: str) -> Done:
        """Carry out a `BulkAction` on the chosen rows by calling a service; `rows` lie inside filter and scope."""
        raise NotImplementedError

    def get_context(self) -> dict[str, Any]:
        """Return what else the page's template needs."""
        return {}

    def get_title(self) -> str:
        """Return the heading."""
        return str(self.title)

    # What happens.

    def get(self, request: ScopedRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Before the rows are read: what is written meanwhile counts as not seen.
        moment = str(audit.last_number()) if any(isinstance(one, str) for one in self.actions) else ""
        rows, filterset = self.filtered()
        if form := request.GET.get("export"):
            return self._export(rows, filterset, form)
        table = self.sorted_table(rows, request.GET.getlist("sort"))
        size = self._page_size()
        table.paginate(page=1, per_page=size)
        table.page = table.paginator.get_page(request.GET.get("page"))
        keys = [str(row.pk) for row in table.page.object_list.data] if table.page else []
        self.record_read(keys, filterset)
        state = _without(request.GET, *_LIST_STATE)
        address = f"{request.path}?{q}" if (q := _shown_state(request.GET)) else request.path
        offered = [action for action in self._actions() if may(request.account.role, action.permission)]
        context = {
            "title": self.get_title(),
            "table": table,
            "filterset": filterset,
            "filtered": any(name in filterset.form.fields and request.GET[name] for name in request.GET)
            if filterset is not None
            else False,
            "count": table.paginator.count,
            "chosen": chosen_of(filterset, request.GET) if filterset is not None else (),
            "counted": self._counted(table.paginator.count),
            "size": size,
            "sizes": PER_PAGE,
            "state": state,
            "address": address,
            "actions": offered,
            "moment": moment,
            "notes": any(action.note for action in offered),
            "export_waits": table.paginator.count > large_export.ROWS_AT_MOST,
            "may_export": may(request.account.role, EXPORT_PERMISSION),
            "empty": self.empty,
            "empty_link": self._empty_link(),
            "empty_link_above": self.empty_link_above,
            **self.get_context(),
        }
        partial = request.htmx and request.htmx.target == "list" and not request.htmx.history_restore_request
        response = render(request, "pages/list_partial.html" if partial else self.template_name, context)
        response["Vary"] = "HX-Request, HX-Target"
        if partial:
            response["HX-Push-Url"] = address
        return response

    def post(self, request: ScopedRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asked = request.POST.get("action")
        action = next((a for a in self._actions() if a.name == asked), None)
        if action is None:
            return HttpResponseBadRequest(_("There is no such action on this page."))
        if action.name in self.actions:
            part = "list" if request.htmx and request.htmx.target == "list" else ""
            back = request.get_full_path()
            act = acts()[action.name]
            return answer_act(request, act, lambda: self._chosen().values_list("pk", flat=True), back=back, part=part)
        if not may(request.account.role, action.permission):
            record_refusal(request, action.permission)
            raise PermissionDenied(action.permission)
        rows = self._chosen()
        try:
            if not rows.exists():
                nothing_chosen(request)
            else:
                tell(request, self.act(action.name, rows, request.POST.get("note", "").strip()))
        except Refused as refusal:
            messages.error(request, say(refusal.text))
        answer = redirect(request.get_full_path())
        answer.status_code = 303
        return answer

    # How it is done.

    def _actions(self) -> list[BulkAction]:
        declared = acts()
        return [one if isinstance(one, BulkAction) else _button(declared[one]) for one in self.actions]

    def _chosen(self) -> QuerySet[Any]:
        rows, _filterset = self.filtered()
        rows = rows.order_by()
        if self.request.POST.get("all") == "1":
            return rows
        sent: Sequence[Any] = self.request.POST.getlist("keys")
        return rows.filter(pk__in=row_keys(sent) if isinstance(rows.model._meta.pk, models.IntegerField) else sent)

    def filtered(self) -> tuple[QuerySet[Any], django_filters.FilterSet | None]:
        """Return the rows that the reader may see and the query asks for, and the filterset that read the query."""
        rows = self.get_rows()
        if self.filterset_class is None:
            return rows, None
        filterset = self.filterset_class(self.request.GET, queryset=rows, request=self.request)
        # A filter that cannot be understood shows nothing and says why; it must not read as "no filter".
        return (filterset.qs if filterset.is_valid() else rows.none()), filterset

    def sorted_table(self, rows: QuerySet[Any], sort: Sequence[str]) -> Table:
        """Return the rows as a table in the order that is asked for; its ``data.data`` is the sorted queryset."""
        selectable = any(may(self.request.account.role, a.permission) for a in self._actions())
        extra = [("select", SelectColumn())] if selectable else []
        table = self.table_class(rows, extra_columns=extra, sequence=["select", "..."] if selectable else None)
        table.request = self.request
        if sort:
            table.order_by = sort
        data = table.data.data
        order = data.query.order_by or data.model._meta.ordering or ()
        # The key decides between equal rows: otherwise one could stand on two pages, or on none.
        table.data.data = data.order_by(*order, "pk")
        return table

    def record_read(self, keys: Sequence[str], filterset: django_filters.FilterSet | None, **more: Any) -> None:
        """Write to the audit trail which rows were shown, by their keys, and by which query."""
        request = self.request
        detail = {"list": request.path, "query": _audited(request.GET, filterset), "keys": list(keys), **more}
        audit.record(actor=request.scope.name, act="read", kind=self.audit_kind, detail=detail, at=now())

    def _export(self, rows: QuerySet[Any], filterset: django_filters.FilterSet | None, form: str) -> HttpResponseBase:
        if form not in ("csv", "xlsx"):
            return HttpResponseBadRequest(_("Rows are exported as csv or xlsx."))
        if not may(self.request.account.role, EXPORT_PERMISSION):
            record_refusal(self.request, EXPORT_PERMISSION)
            raise PermissionDenied(EXPORT_PERMISSION)
        ordered = self.sorted_table(rows, self.request.GET.getlist("sort")).data.data
        count = ordered.count()
        if count > large_export.ROWS_AT_MOST and not large_export.is_written_now(self.request):
            return large_export.ask(self.request, title=self.title, at=now())
        moment = now()
        audit.record(
            actor=self.request.scope.name,
            act="export",
            kind=self.audit_kind,
            detail={
                "list": self.request.path,
                "query": _audited(self.request.GET, filterset, "export"),
                "form": form,
                "rows": count,
            },
            at=moment,
        )
        name = f"{self.export_name or self.audit_kind.rpartition('.')[2]}-{to_local(moment):%Y%m%d-%H%M}.{form}"
        make = csv_response if form == "csv" else xlsx_response
        # A streamed answer is made after the middleware has put the language back: it is noted here, while it holds.
        return make(self._lines(ordered, count, get_language() or settings.LANGUAGE_CODE), name)

    def _lines(self, ordered: QuerySet[Any], count: int, language: str) -> Iterator[Sequence[Any]]:
        for start in range(0, max(count, 1), _EXPORT_CHUNK):
            with override(language):
                part = self.table_class(ordered[start : start + _EXPORT_CHUNK], orderable=False)
                part.request = self.request
                lines = list(part.as_values())
            large_export.tell(self.request, min(start, count), count)
            yield from lines if start == 0 else lines[1:]

    def _page_size(self) -> int:
        asked = self.request.GET.get("per_page", "")
        return next((size for size in PER_PAGE if str(size) == asked), self.per_page)

    def _counted(self, count: int) -> str:
        """Say how many rows there are, as what they are: people, cases, measures."""
        subject = subjects().get(self.audit_kind.lower())
        words = self.rows_are or (subject.count if subject is not None else ROWS)
        before, number, after = say(words.format(n=count)).partition(str(count))
        return format_html("{}<strong>{}</strong>{}", before, number, after)

    def _empty_link(self) -> str:
        empty = self.empty
        if empty is None or empty.link is None:
            return ""
        if empty.permission and not may(self.request.account.role, empty.permission):
            return ""
        return empty.link()


def _button(act: Act) -> BulkAction:
    return BulkAction(act.code, say(act.label), act.permission, act.tone, note=act.note != "none")


def _audited(query: QueryDict, filterset: django_filters.FilterSet | None, *without: str) -> str:
    """Return the query for the audit trail, without the words that were typed into a search box.

    They may be a name, a telephone or an identity number, and the trail outlives those. The keys of the rows that were
    shown stand beside it.
    """
    kept = query.copy()
    searched = [name for name, one in (filterset.filters if filterset else {}).items() if isinstance(one, SearchFilter)]
    for name in without:
        kept.pop(name, None)
    for name in searched:
        if kept.get(name):
            kept[name] = "…"
    return kept.urlencode()


def _without(query: QueryDict, *names: str) -> str:
    kept = query.copy()
    for name in names:
        kept.pop(name, None)
    return kept.urlencode()


def _shown_state(query: QueryDict) -> str:
    """Return the query as it stands in the address bar: without what is empty or the default."""
    kept = QueryDict(mutable=True)
    for name, values in query.lists():
        if filled := [value for value in values if value and not (name == "page" and value == "1")]:
            kept.setlist(name, filled)
    return kept.urlencode()


__all__ = ["PER_PAGE", "BulkAction", "Done", "Empty", "ListPage", "ScopedRequest", "Table", "tell"]
