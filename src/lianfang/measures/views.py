"""Pages of the room: the list of measures, changing one, why a date is what it is, and the rule behind it."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from lianfang.access.times import now
from lianfang.access.words import label, say
from lianfang.kernel.errors import Refused
from lianfang.kernel.vocabulary import MeasureKind, PlaceClass
from lianfang.measures import selectors, services
from lianfang.measures.forms import ChangeForm
from lianfang.measures.models import Measure
from lianfang.measures.tables import MeasureFilter, MeasureTable
from lianfang.measures.words import order_words, reason_of, shown_state, start_word, until
from lianfang.pages.acting import Done
from lianfang.pages.formpage import FormPage, Read, Saved, record_read
from lianfang.pages.lists import Empty, ListPage, ScopedRequest
from lianfang.pages.panels import Content
from lianfang.pages.parts import moment
from lianfang.playbook.describe import value_of
from lianfang.playbook.model import Source
from lianfang.playbook.words import EVIDENCE, SCOPES
from lianfang.records.acts import carry_out
from lianfang.records.seen import ChangedSince, Seen
from lianfang.registry.selectors import shown_field


class MeasureList(ListPage):
    """Who must do what until when; proposals are ordered, refused and released here, singly or together."""

    title = _("Measures")
    audit_kind = "measures.measure"
    table_class = MeasureTable
    filterset_class = MeasureFilter
    actions = ("measure.order", "measure.adopt", "measure.release", "measure.refuse")
    empty = Empty(
        title=_("No measure here."),
        hint=_("Measures are proposed when a case is reported and tracing has run. Look at the filters, too."),
    )

    def get_rows(self) -> QuerySet[Measure]:
        return selectors.measure_rows(self.request.scope)


def person_panel(request: ScopedRequest, person_id: str) -> Content:
    """Show the measures of a person, on the page of the person."""
    rows = list(selectors.measures_of_person(person_id, request.scope))
    context = {"measures": rows, "control": selectors.control_by(rows, now())}
    return Content("measures/_for_person.html", context, tuple(str(row.pk) for row in rows))


def contact_panel(request: ScopedRequest, contact_id: str) -> Content:
    """Show the measures of a contact in its outbreak, on the page of the contact."""
    rows = list(selectors.measures_of_contact(int(contact_id), request.scope))
    return Content("measures/_for_person.html", {"measures": rows}, tuple(str(row.pk) for row in rows))


class ChangeMeasure(FormPage):
    """Order something else than what is proposed."""

    title = _("Change a measure")
    submit = _("Order this instead")
    form_class = ChangeForm

    def prepare(self) -> None:
        self.measure = _found(self.request, self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return ChangeForm.initial_of(self.measure)

    def save(self, form: ChangeForm) -> Saved:
        done = carry_out(
            act="measure.change",
            keys=[self.measure.pk],
            by=self.request.account,
            at=now(),
            note=form.cleaned_data["reason"],
            given=form.order().as_json(),
            seen=Seen({str(self.measure.pk): form.cleaned_data["seen"]}),
        )
        return Saved(self.get_cancel_url(), Done(_now("The measure is changed."), done.change.pk))

    def refuse(self, form: ChangeForm, refusal: Refused) -> None:
        if not isinstance(refusal, ChangedSince):
            return super().refuse(form, refusal)
        self.prepare()
        words = _now("Somebody changed this measure after you opened the page. It now says: %(what)s.")
        form.add_error(None, words % {"what": order_words(services.order_of(self.measure).as_json())})
        form.add_error(None, _now("Check it, and send again if it is still to be changed."))
        form.show(self.measure)

    def get_read(self) -> Read:
        return _read(self.measure)

    def get_title(self) -> str:
        name = shown_field(self.measure.person, "name", self.request.account.role) or self.measure.person_id
        return f"{self.title} · {name}"

    def get_intro(self) -> str:
        return _now("Proposed: %(what)s") % {"what": order_words(services.basis_of(self.measure))}

    def get_cancel_url(self) -> str:
        return f"{reverse('measure-list')}?person={self.measure.person_id}"


def why(request: ScopedRequest, pk: int) -> HttpResponse:
    """Say why a measure has its dates: the reason, what people decided, and the rule with its source."""
    measure = _found(request, pk)
    record_read(request, _read(measure))
    found = selectors.find_rule(measure.playbook, measure.rule, request.scope)
    decided: list[tuple[str, Any]] = [(_now("Counted from"), _counted_from(measure))]
    if not request.htmx:  # there the row says the rest itself
        decided = [
            (_now("State"), shown_state(measure, now())),
            (_now("Measure"), f"{label(MeasureKind, measure.kind)} · {label(PlaceClass, measure.place_class)}"),
            (_now("From"), moment(measure.start)),
            (_now("Until"), until(measure)),
            *decided,
        ]
    if measure.decided_by:
        decided.append((_now("Decided by"), f"{measure.decided_by.name or measure.decided_by.username}"))
    if measure.decision_note:
        decided.append((_now("Reason of the decision"), measure.decision_note))
    if measure.released_at is None and measure.kind != MeasureKind.NONE:
        needed = selectors.conditions_of(measure.playbook, measure.rule)
        if needed is not None:
            words = _now("%(needed)s. Nobody has recorded results yet: releasing needs a reason.")
            decided.append((_now("Before release"), words % {"needed": say(needed)}))
    if measure.changed_from:
        decided.append((_now("Proposed by the playbook"), order_words(measure.changed_from)))
    if measure.new_proposal:
        decided.append((_now("Proposed now"), order_words(measure.new_proposal)))
    if measure.released_by:
        decided.append((_now("Released by"), f"{measure.released_by.name or measure.released_by.username}"))
    context = {
        "title": _now("Why this date"),
        "measure": measure,
        "reason": reason_of(measure),
        "decided": decided,
        **_rule_context(found, measure.playbook, measure.rule),
    }
    return render(request, "measures/why_part.html" if request.htmx else "measures/why.html", context)


def rule(request: ScopedRequest, playbook: str, rule_id: str) -> HttpResponse:
    """Show one rule of a playbook: value, source, evidence and note."""
    found = selectors.find_rule(playbook, rule_id, request.scope)
    if found is None:
        raise Http404
    context = {"title": say(found.rule.title.text), **_rule_context(found, playbook, rule_id)}
    return render(request, "measures/rule_part.html" if request.htmx else "measures/rule.html", context)


def _counted_from(measure: Measure) -> Any:
    if measure.clock_at is None:
        return start_word(measure.clock_from)
    return format_html("{} {}", start_word(measure.clock_from), moment(measure.clock_at))


def _rule_context(found: selectors.FoundRule | None, playbook: str, rule_id: str) -> dict[str, Any]:
    if found is None:
        return {"rule": None, "rule_id": rule_id, "playbook_name": playbook}
    book, one = found.playbook, found.rule
    own = reverse("rule", args=[book.name, rule_id])
    pairs: list[tuple[str, Any]] = [
        (_now("Value"), say(value_of(one))),
        (_now("Source"), format_html_join("", "<p>{}</p>", ((_source_words(book.source(s)),) for s in one.source))),
        (_now("Evidence"), f"{one.evidence} · {say(EVIDENCE[one.evidence])}"),
        (_now("Set by"), say(SCOPES[one.scope])),
        (_now("Playbook"), format_html('{} <span class="faint">{}</span>', say(book.title.text), book.name)),
        (_now("Rule"), format_html('<a href="{}">{}</a>', own, rule_id)),
    ]
    if one.note:
        pairs.insert(4, (_now("Explanation"), say(one.note.text)))
    return {"rule": one, "rule_title": one.title.text, "rule_facts": pairs, "exact": found.exact}


def _source_words(source: Source) -> str:
    words = say(source.title.text)
    if source.date:
        words += f" ({source.date.isoformat()})"
    if source.read_as:
        words += f" [{say(source.read_as.text)}]"
    return words


def _found(request: ScopedRequest, pk: int) -> Measure:
    measure = selectors.find_measure(pk, request.scope)
    if measure is None:
        raise Http404
    return measure


def _read(measure: Measure) -> Read:
    return Read("measures.measure", str(measure.pk), {"person": measure.person_id})
