"""The list of outbreaks, and the forms by which one is opened or moved to another policy."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from lianfang.access.scope import scope_of
from lianfang.access.times import now, to_local
from lianfang.access.words import say
from lianfang.outbreaks import selectors, services
from lianfang.outbreaks.core.state import STATES
from lianfang.outbreaks.models import Outbreak
from lianfang.pages import columns, fields
from lianfang.pages.acting import Done
from lianfang.pages.filters import FilterSet, SearchFilter, StateFilter
from lianfang.pages.formpage import FormPage, Saved
from lianfang.pages.lists import Empty, ListPage, ScopedRequest
from lianfang.pages.parts import badge
from lianfang.pages.tables import Table
from lianfang.playbook.load import available


def _policy(record: Outbreak, table: Any = None) -> str:
    return " + ".join([record.playbook, *record.overlays])


def _shown_policy(record: Outbreak, table: Any = None) -> SafeString:
    """Return the policy, marked where it cannot be read or does not hold."""
    words = format_html("{}", _policy(record))
    if (notice := selectors.playbook_notice(record, to_local(now()).date())) is None:
        return words
    return format_html('{} <span title="{}">{}</span>', words, say(notice), badge(_("not in force"), "warn"))


def _plain_policy(record: Outbreak, table: Any = None) -> str:
    """Return the same for a file: the ids, and in words where they do not hold."""
    held = selectors.playbook_notice(record, to_local(now()).date()) is None
    return _policy(record) if held else f"{_policy(record)} {gettext('not in force')}"


class OutbreakTable(Table):
    """The latest first."""

    code = columns.Link(_("Number"), route="outbreak-change", args=("pk",), permission="outbreak.manage")
    name = columns.Text(_("Called"))
    playbook = columns.Text(_("Playbook"), shown=_shown_policy, plain=_plain_policy)
    started_on = columns.Day(_("Began"))
    ended_on = columns.Day(_("Closed"))
    jurisdiction = columns.Area(_("Area"))

    class Meta(Table.Meta):
        model, fields = Outbreak, ()


class OutbreakFilter(FilterSet):
    """By number or name, and by state."""

    q = SearchFilter("code", "name")
    state = StateFilter(STATES, (_("open"), _("closed")))


class OutbreakList(ListPage):
    """What is or was answered in the reader's area and above; those who may can open, close and change outbreaks."""

    title = _("Outbreaks")
    audit_kind = "outbreaks.outbreak"
    table_class, filterset_class = OutbreakTable, OutbreakFilter
    actions = ("outbreak.close", "outbreak.reopen")
    empty = Empty(
        _("No outbreak was opened yet."),
        _("A case is reported into an outbreak, which says under which playbook it is answered."),
        lambda: reverse("outbreak-open"),
        _("Open an outbreak"),
        "outbreak.manage",
    )
    empty_link_above = True

    def get_rows(self) -> QuerySet[Outbreak]:
        return selectors.outbreaks(self.request.scope).select_related("jurisdiction__parent__parent__parent")


def _policies(is_overlay: bool) -> list[tuple[str, str]]:
    english = (get_language() or "").startswith("en")
    return [
        (
            one.id,
            f"{one.title.en if english else one.title.zh} ({one.valid_from} – {one.valid_until or ''})",
        )
        for one in available()
        if (one.extends is not None) == is_overlay
    ]


class PolicyForm(forms.Form):
    """What an outbreak is called, since when, and under which policy it is answered."""

    name = fields.Words(label=_("Called"), max_length=120)
    started_on = fields.Day(label=_("Began"), required=True)
    playbook = forms.ChoiceField(label=_("Playbook"))
    overlays = forms.MultipleChoiceField(
        label=_("Overlays"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Local or temporary rules that are laid over the playbook, in this order."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["playbook"].choices = _policies(is_overlay=False)  # type: ignore[attr-defined]
        self.fields["overlays"].choices = _policies(is_overlay=True)  # type: ignore[attr-defined]


class OutbreakForm(PolicyForm):
    """A new outbreak: its number and area too, which stay."""

    field_order = ("code", "name", "area")

    code = fields.Words(label=_("Number"), max_length=40, help_text=_("Letters and digits, such as 2022-01"))
    area = fields.Area()


def _warn(request: ScopedRequest, outbreak: Outbreak) -> None:
    """Tell whoever chose a policy that it does not hold today."""
    if (notice := selectors.playbook_notice(outbreak, to_local(now()).date())) is not None:
        messages.warning(request, say(notice))


class OpenOutbreak(FormPage):
    """Open an outbreak."""

    title, form_class = _("Open an outbreak"), OutbreakForm
    intro = _("Cases are reported into it, and their contacts and measures follow from its playbook.")
    submit = _("Open the outbreak")
    error_field = "code"

    def get_initial(self) -> dict[str, Any]:
        today = to_local(now()).date()
        area = self.request.account.jurisdiction
        held = [book.id for book in available() if book.extends is None and book.valid_from <= today.isoformat()]
        return {
            "started_on": today,
            "code": f"{today:%Y}-{selectors.outbreaks(self.request.scope).count() + 1:02d}",
            "area": None if area is None else area.pk,
            "playbook": held[-1] if held else None,
        }

    def save(self, form: OutbreakForm) -> Saved:
        opened = services.begin_outbreak(**form.cleaned_data, by=self.request.account, at=now())
        _warn(self.request, opened)
        words = gettext("The outbreak %(name)s is open: cases can be reported.") % {"name": opened.name}
        return Saved(reverse("outbreak-list"), Done(words))

    def get_cancel_url(self) -> str:
        return reverse("outbreak-list")


class ChangeOutbreak(FormPage):
    """Change an outbreak, or move it to another policy."""

    title, form_class = _("Change the outbreak"), PolicyForm
    intro = _(
        "Orders that stand stay as they are; from the next response on the new playbook decides what is proposed."
    )
    error_field = "playbook"

    def prepare(self) -> None:
        found = selectors.find_outbreak(self.kwargs["code"], self.request.scope)
        if found is None or not Outbreak.objects.within(scope_of(self.request.account)).filter(pk=found.pk).exists():
            raise Http404
        self.outbreak = found

    def get_intro(self) -> str:
        notice = selectors.playbook_notice(self.outbreak, to_local(now()).date())
        return super().get_intro() if notice is None else f"{say(notice)} {super().get_intro()}"

    def get_initial(self) -> dict[str, Any]:
        one = self.outbreak
        return {"name": one.name, "playbook": one.playbook, "overlays": one.overlays, "started_on": one.started_on}

    def save(self, form: PolicyForm) -> Saved:
        change = services.change_outbreak(code=self.outbreak.pk, **form.cleaned_data, by=self.request.account, at=now())
        self.outbreak.refresh_from_db()
        _warn(self.request, self.outbreak)
        done = None if change is None else Done(gettext("The outbreak is changed."), change.pk)
        return Saved(reverse("outbreak-list"), done)

    def get_cancel_url(self) -> str:
        return reverse("outbreak-list")
