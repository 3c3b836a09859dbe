"""What the room shows on the page of a person: what they must do until when."""

from lianfang.kernel.text import Text
from lianfang.pages.panels import Panel

PANELS = (
    Panel(
        code="measures",
        subject="person",
        title=Text("管控措施", "Measures"),
        permission="measure.view",
        content="lianfang.measures.views:person_panel",
        order=40,
    ),
)
