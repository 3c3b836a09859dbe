"""Whether a case was traced at all."""

from typing import TYPE_CHECKING

from lianfang.access.rules import ScopedRequest
from lianfang.outbreaks.selectors import last_run
from lianfang.pages.panels import once

if TYPE_CHECKING:
    from lianfang.cases.models import Case


def is_traced(request: ScopedRequest, case: "Case") -> bool:
    """Tell whether a response was finished since the case was reported; a page asks for it once.

    Whether that response stands on what is known by now is another question, which the response answers.
    """
    run = once(request, f"run {case.outbreak_id}", lambda: last_run(case.outbreak_id))
    return run is not None and bool(run.as_of >= case.reported_at)
