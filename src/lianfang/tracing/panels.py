"""What the room shows on the page of a person: whose contact they are."""

from lianfang.kernel.text import Text
from lianfang.pages.panels import Panel

PANELS = (
    Panel(
        code="contacts",
        subject="person",
        title=Text("作为接触者", "As a contact"),
        permission="contact.view",
        content="lianfang.tracing.views:person_panel",
        order=30,
    ),
)
