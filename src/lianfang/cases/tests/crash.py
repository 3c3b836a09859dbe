"""What the crash tests run in processes of their own, to be killed: ``python -m lianfang.cases.tests.crash ACT``.

fill           store the cast, its register and outbreak; print a session key of the investigator
serve PORT     serve the application
report POINT   report a case, and kill this process at a point: before, inside, committed
tell           print what is stored, as JSON
"""

import json
import os
import signal
import sys
import uuid
from typing import Any

KEY = uuid.UUID("5f0c1f4e-8c1f-4f43-9f57-2f6a7a3b1c11")


def fill() -> None:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from lianfang.access.tests.cast import make_cast
    from lianfang.cases.tests.cast import open_cast_outbreak
    from lianfang.registry.tests.cast import load_cast_register

    account = make_cast().investigator
    load_cast_register()
    open_cast_outbreak()
    session = SessionStore()
    session[SESSION_KEY] = str(account.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    session.create()
    print(session.session_key)


def serve(port: str) -> None:
    from django.core.wsgi import get_wsgi_application
    from waitress import serve as run

    run(get_wsgi_application(), host="127.0.0.1", port=int(port), threads=4, clear_untrusted_proxy_headers=True)


def _die(*_args: Any, **_kwargs: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


POINTS = ("before", "inside", "committed")


def _report(point: str) -> Any:
    """Report the case of a point: each has a new person and a key of its own."""
    from lianfang.access.models import Account
    from lianfang.access.tests.cast import AT
    from lianfang.cases import services
    from lianfang.cases.tests.cast import card
    from lianfang.registry.tests.cast import id_number

    n = POINTS.index(point)
    by = Account.objects.select_related("jurisdiction").get(username="investigator")
    own = card(person_id="", name=f"周新{n}", id_number=id_number("1990-06-06", 401 + 2 * n))
    return services.report_case(card=own, client_key=uuid.uuid5(KEY, point), by=by, at=AT)


def report(point: str) -> None:
    from unittest import mock

    from lianfang.access import audit
    from lianfang.cases.models import Case

    record = audit.record

    def die_at_the_case(**entry: Any) -> Any:
        return _die() if entry["kind"] == "cases.case" else record(**entry)

    places: dict[str, Any] = {
        "before": mock.patch.object(Case, "save", _die),  # the person is registered, the case is not yet there
        "inside": mock.patch.object(audit, "record", die_at_the_case),  # the case is written, not committed
        "committed": mock.patch("lianfang.cases.services.report.Reported", _die),  # committed, not yet acknowledged
    }
    with places[point]:
        _report(point)


def again() -> None:
    """Send the reports of all points once more, as whoever got no answer does."""
    print(json.dumps({point: _report(point).created for point in POINTS}))


def tell() -> None:
    from lianfang.access.audit import verify
    from lianfang.access.models import AuditEntry
    from lianfang.cases.models import Case
    from lianfang.cases.tests.cast import SCOPE
    from lianfang.registry.selectors import people

    cases = Case.objects.within(SCOPE).order_by("case_id").values_list("case_id", "client_key", "person_id")
    written = AuditEntry.objects.filter(kind="cases.case", act="write").order_by("number").values_list("key", flat=True)
    stored = {
        "cases": [[case_id, str(key), person] for case_id, key, person in cases],
        "people": people(SCOPE).count(),
        "audited": list(written),
        "trail": str(verify()),
    }
    print(json.dumps(stored))


if __name__ == "__main__":
    from lianfang.site.manage import set_up

    set_up()
    globals()[sys.argv[1]](*sys.argv[2:])
