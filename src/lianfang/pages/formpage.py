"""The form page, written once: show a form, read it, call a service, say what was done, go on.

A room says what the form is about and which service carries it out; who may open it is said by the route::

    class IsolateCase(FormPage):
        title = _("Record the isolation")
        form_class = IsolateForm

        def prepare(self) -> None:
            self.case = find_case(self.kwargs["case_id"], self.request.scope)

        def save(self, form) -> Saved:
            change = services.isolate_case(case_id=self.case.pk, by=self.request.account, at=now(), **form.cleaned_data)
            return Saved(reverse("case", args=[self.case.pk]), Done(_now("Recorded."), change.pk))

What is typed is never lost: a form that cannot be read, or that a service refuses, is answered with status 422 and
everything in it, and the reason at its field or at the top.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views import View

from lianfang.access import audit
from lianfang.access.times import now
from lianfang.access.words import say
from lianfang.kernel.errors import Refused
from lianfang.pages.fields import Area
from lianfang.pages.forms import typed_values
from lianfang.pages.lists import Done, ScopedRequest, tell


@dataclass(frozen=True)
class Saved:
    """Where to go after a form was carried out, and what is said there.

    Attributes
    ----------
    to : str
        An address of this site.
    done : Done or None
        What was done, with the change by which it is undone; None: nothing was changed, and that is said.
    """

    to: str
    done: Done | None


@dataclass(frozen=True)
class Read:
    """Whose data a form shows: what the audit trail is told each time that it is shown."""

    kind: str
    key: str = ""
    detail: dict[str, Any] | None = None


def record_read(request: ScopedRequest, read: Read) -> None:
    """Write to the audit trail that the reader was shown somebody's data."""
    audit.record(actor=request.scope.name, act="read", kind=read.kind, key=read.key, detail=read.detail, at=now())


class FormPage(View):
    """A page with one form. Set the class attributes, write `save`, and `prepare` where the address names something.

    Attributes
    ----------
    title, intro, submit : str
        Heading, the sentence above the form, the words on the button; lazy.
    error_field : str or None
        The field at which a refusal of the service stands; None: at the top.
    """

    http_method_names: list[str] = ["get", "head", "post"]

    title: Any = ""
    intro: Any = ""
    submit: Any = ""
    form_class: ClassVar[type[BaseForm]]
    error_field: ClassVar[str | None] = None
    template_name: ClassVar[str] = "pages/formpage.html"
    request: ScopedRequest

    # What a room writes.

    def prepare(self) -> None:
        """Look up what the address names, inside `self.request.scope`; raise `Http404` where it is not there."""

    def get_initial(self) -> dict[str, Any]:
        """Return what stands in the fields at first."""
        return {}

    def get_form_args(self) -> dict[str, Any]:
        """Return what else the form's class takes."""
        return {}

    def save(self, form: Any) -> Saved:
        """Carry out a valid form by calling a service."""
        raise NotImplementedError

    def refuse(self, form: Any, refusal: Refused) -> None:
        """Show at the form what the service refused."""
        form.add_error(self.error_field, say(refusal.text))

    def look(self, act: str) -> BaseForm:
        """Answer a button that does not save but looks something up; the form keeps what was typed."""
        form: BaseForm = self.make_form(initial=self.typed())
        return form

    def typed(self) -> dict[str, Any]:
        """Return what was typed so far, as initial values."""
        return typed_values(self.request.POST, self.form_class)

    def asked(self) -> str:
        """Return which button was pressed that does not save; empty: the one that does."""
        return self.request.POST.get("act", "")

    def ready(self, form: Any) -> None:
        """Do what is to be done to a form right before it is shown."""

    def unread(self, form: Any) -> None:
        """Do what is to be done to a form that could not be read, before it is shown again."""

    def get_read(self) -> Read | None:
        """Return whose data the page shows; None: nobody's."""
        return None

    def get_title(self) -> str:
        """Return the heading."""
        return str(self.title)

    def get_intro(self) -> str:
        """Return the sentence above the form."""
        return str(self.intro)

    def get_cancel_url(self) -> str:
        """Return where whoever does not save goes; empty: there is no such button."""
        return ""

    def get_context(self) -> dict[str, Any]:
        """Return what else the page's template needs."""
        return {}

    # What happens.

    def get(self, request: ScopedRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.prepare()
        return self.show(self.make_form())

    def post(self, request: ScopedRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.prepare()
        if act := self.asked():
            return self.show(self.look(act))
        form = self.make_form(request.POST)
        if form.is_valid():
            try:
                saved = self.save(form)
            except Refused as refusal:
                self.refuse(form, refusal)
            else:
                if saved.done is None:
                    messages.info(request, gettext("Nothing was changed."))
                else:
                    tell(request, saved.done)
                return redirect(saved.to)
        else:
            self.unread(form)
        return self.show(form, status=422)

    def make_form(self, data: Any = None, initial: dict[str, Any] | None = None) -> Any:
        """Return the form: empty, or read where there is something to read."""
        if data is None and initial is None:
            initial = self.get_initial()
        form = self.form_class(data, initial=initial, **self.get_form_args())
        for field in getattr(form, "fields", {}).values():
            if isinstance(field, Area):
                field.offer(self.request.scope)
        return form

    def show(self, form: Any, status: int = 200) -> HttpResponse:
        """Return the page with a form; what it shows of a person leaves a line in the audit trail."""
        self.ready(form)
        read = self.get_read()
        if read is not None:
            record_read(self.request, read)
        context = {
            "title": self.get_title(),
            "form": form,
            "intro": self.get_intro(),
            "submit": self.submit,
            "cancel_url": self.get_cancel_url(),
            **self.get_context(),
        }
        return render(self.request, self.template_name, context, status=status)


__all__ = ["Done", "FormPage", "Read", "Saved", "record_read"]
