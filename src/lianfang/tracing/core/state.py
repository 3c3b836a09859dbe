"""What is asked of contacts, each predicate once (`lianfang.kernel.where`): for selectors, figures and pages."""

from lianfang.kernel.vocabulary import WITHOUT_MEASURES, Category, Decision
from lianfang.kernel.where import AT, Param, W

OUTSIDE_RULE, UNDECIDED_RULE = "window.outside", "window.undecided"
"""What stands as the rule of a row that the infectious window of the case decides on, and no rule of the playbook."""

OF_WINDOW = {OUTSIDE_RULE: Category.OUTSIDE_WINDOW, UNDECIDED_RULE: Category.UNDECIDED}
"""The category that each of them gives."""

NOT_REFUSED = ~W("decision").eq(Decision.REFUSED)
"""Nobody refused the contact; what nobody has decided is kept."""

IS_CONTACT = ~W("category").is_in([category.value for category in WITHOUT_MEASURES])
"""Is a contact by a category, and not only named or met when nobody knows whether the case was infectious."""

COUNTED = NOT_REFUSED & IS_CONTACT & ~W("is_case").eq(True)
"""Counts as a contact: nobody refused it, it has a category, and the person is no case."""

PROPOSED = W("decision").eq(Decision.PROPOSED)
"""Nobody has decided yet."""

WAITING = COUNTED & PROPOSED
"""Counts as a contact, and waits for a decision."""

IS_LOCATED = W("located_at").not_null()
"""Somebody has found and reached the person."""

LOCATED = COUNTED & IS_LOCATED

NEEDS_CALL = NOT_REFUSED & IS_CONTACT & ~IS_LOCATED
"""Still to be found and reached."""

_BY_RULE = W("locating").null() & W("proposed_at").le(Param("late_before"))
_AS_KEPT = W("limit_due").le(AT) & W("limit_paused_at").null()

OVERDUE = COUNTED & ~IS_LOCATED & (_BY_RULE | _AS_KEPT)
"""Should be located by now: proposed at ``late_before`` or earlier, which is now less the limit of the outbreak's
playbook (nobody is overdue by a limit that is not known); where somebody paused or escalated the limit, by when that is
due. As with every clock, one is overdue at its due time."""
