"""Which rules each person follows, one after another: the chain of stages."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_

import polars as pl

from lianfang.kernel.text import Text
from lianfang.measures.core.facts import MISSING, refuse
from lianfang.measures.core.samples import DERIVED
from lianfang.playbook.model import FACTS_IN_WHEN, MeasureRule, Playbook

_NO_RULE = Text(
    "方案对这一类别、这些情况没有规定；请核对类别和来源地风险，或加用地方补充规定",
    "the playbook has no rule for this category and these facts; check them, or add a local overlay",
)


def with_chain(frame: pl.DataFrame, playbook: Playbook) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add the rule of each stage and split off the rows that no rule fits.

    Parameters
    ----------
    frame : pl.DataFrame
        As `lianfang.measures.core.facts.conform` gives it.
    playbook : Playbook
        Its `measures`.

    Returns
    -------
    tuple of pl.DataFrame
        The rows that have a rule, with the rule ids ``_stage0``, ``_stage1`` … (empty behind the last of a row); and
        the others, with columns `facts.REFUSED_ROWS`.
    """
    openers = [rule for rule in playbook.measures if rule.after is None]
    opens = ((rule, (pl.col("category") == rule.category) & _fits(rule)) for rule in openers)
    frame = frame.with_columns(_first_rule(opens).alias("_stage0"))
    opened = pl.col("_stage0").is_not_null()
    return _with_followers(frame.filter(opened), playbook), _without_rule(frame.filter(~opened), openers)


def stages(frame: pl.DataFrame) -> list[str]:
    """Return the names of the stage columns that `with_chain` added, in their order."""
    return [name for name in frame.columns if name.startswith("_stage")]


def _with_followers(frame: pl.DataFrame, playbook: Playbook) -> pl.DataFrame:
    # The check of playbooks refuses an `after` that runs in a circle: no chain is longer than there are rules.
    for number in range(1, len(playbook.measures) + 1):
        before, stage = f"_stage{number - 1}", f"_stage{number}"
        follows = [(rule, (pl.col(before) == rule.after) & _fits(rule)) for rule in playbook.measures if rule.after]
        longer = frame.with_columns(_first_rule(follows).alias(stage))
        if longer[stage].is_null().all():
            break
        frame = longer
    return frame


def _without_rule(rows: pl.DataFrame, openers: Sequence[MeasureRule]) -> pl.DataFrame:
    """Refuse rows that no rule fits.

    The first rule that would fit if its empty facts were known names the first of them; where there is no such rule,
    the playbook does not rule on the category and these facts.
    """
    lacking = [_NOTHING]
    for rule in openers:
        # Who was not tested lacks no fact: what follows from a positive test is for who has one.
        if "own_positive" in rule.when:
            continue
        asked = [fact for fact in FACTS_IN_WHEN if fact in rule.when]
        empty_or_fits = [pl.col(fact).is_null() | _holds(fact, rule.when[fact]) for fact in asked]
        first_empty = pl.coalesce([*(pl.when(pl.col(fact).is_null()).then(pl.lit(fact)) for fact in asked), _NOTHING])
        lacking.append(pl.when((pl.col("category") == rule.category) & _all(empty_or_fits)).then(first_empty))
    rows = rows.with_columns(pl.coalesce([*lacking, _NOTHING]).alias("_fact"))
    refused = [refuse(rows.filter(pl.col("_fact").is_null()), "category", _NO_RULE)]
    for (fact,), of_fact in rows.filter(pl.col("_fact").is_not_null()).partition_by("_fact", as_dict=True).items():
        # What is derived nobody can fill in, but the tests it follows from.
        refused.append(refuse(of_fact, "linked_tests" if fact in DERIVED else str(fact), MISSING))
    return pl.concat(refused)


_NOTHING = pl.lit(None, pl.String())


def _first_rule(rules: Iterable[tuple[MeasureRule, pl.Expr]]) -> pl.Expr:
    """Return the id of the first rule whose condition holds; empty where none does."""
    return pl.coalesce([*(pl.when(holds).then(pl.lit(rule.id)) for rule, holds in rules), _NOTHING])


def _fits(rule: MeasureRule) -> pl.Expr:
    """Whether every fact of `when` has a value that the rule allows; an empty one has not."""
    return _all([_holds(fact, values) for fact, values in rule.when.items()])


def _holds(fact: str, values: Sequence[str]) -> pl.Expr:
    """Whether a fact has one of these values; of ``special``, whether the person has one of these needs."""
    if fact == "special":
        return pl.col(fact).list.eval(pl.element().is_in(list(values))).list.any()
    return pl.col(fact).is_in(list(values))


def _all(conditions: Sequence[pl.Expr]) -> pl.Expr:
    return reduce(and_, conditions, pl.lit(True))
