"""The words with which a page keeps its clocks running, so that they read the same from the server and from the script."""

import json

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lianfang.access.clock import now
from lianfang.pages.icons import icon
from lianfang.pages.parts import SOON

register = template.Library()


@register.simple_tag
def clock_words() -> SafeString:
    """Return a ``<meta>`` with the present by the server's clock, and the forms, states and shapes of `parts.clock`."""
    count = {"n": "{n}"}
    forms = {
        "now": now().isoformat(timespec="seconds"),
        "left": _("%(span)s left") % {"span": "{t}"},
        "over": _("%(span)s over") % {"span": "{t}"},
        "soon_minutes": SOON.total_seconds() / 60,
        "units": [
            [ngettext("%(n)d day", "%(n)d days", n).replace("%(n)d", "{n}") for n in (1, 2)],
            [_("%(n)d h").replace("%(n)d", "{n}")] * 2,
            [_("%(n)d min").replace("%(n)d", "{n}")] * 2,
            [_("%(n)s s") % count] * 2,
        ],
        "states": {
            "running": {"word": _("running"), "tone": "info", "shape": icon("running")},
            "soon": {"word": _("due soon"), "tone": "warn", "shape": icon("soon")},
            "late": {"word": _("overdue"), "tone": "bad", "shape": icon("late")},
        },
    }
    return format_html('<meta name="clock-words" content="{}">', json.dumps(forms, ensure_ascii=False))
