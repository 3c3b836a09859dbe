"""System checks of the room: a route without a rule is an error before anything is served."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from lianfang.access.rules import unruled


@register(Tags.security)
def every_route_has_a_rule(**_: Any) -> list[CheckMessage]:
    """Report each route whose view was not wrapped in `allow` or `public`."""
    return [
        Error(
            f"the route {path!r} has no rule",
            hint="Wrap its view in lianfang.access.rules.allow(permission, view) or public(view), in urls.py.",
            id="lianfang.access.E001",
        )
        for path in unruled()
    ]
