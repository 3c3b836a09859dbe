"""The panel that several rooms fill: what happened to a person, in its order."""

from lianfang.kernel.text import Text
from lianfang.pages.panels import Panel

PANELS = (
    Panel(
        code="timeline",
        subject="person",
        title=Text("时间线", "Timeline"),
        permission="person.view",
        content="lianfang.site.pages.person:timeline_panel",
        order=10,
    ),
)
