"""What the room shows on the page of a person: their cases."""

from lianfang.kernel.text import Text
from lianfang.pages.panels import Panel

PANELS = (
    Panel(
        code="cases",
        subject="person",
        title=Text("病例", "Cases"),
        permission="case.view",
        content="lianfang.cases.views:person_panel",
        order=20,
    ),
)
