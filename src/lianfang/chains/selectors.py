"""The door to reading chains: candidate infectors, inside a scope."""

from collections.abc import Sequence
from typing import Any

import polars as pl
from django.db.models import Case as SqlCase
from django.db.models import Q, QuerySet, Value, When
from django.urls import reverse
from django.utils.translation import gettext as _

from lianfang.access.scope import Scope
from lianfang.access.words import current_lang, label
from lianfang.cases.selectors import case_rows
from lianfang.chains.core.drawing import draw_chains
from lianfang.chains.core.verdicts import settle
from lianfang.chains.models import ChainLink
from lianfang.kernel.tidy import tidy_text
from lianfang.kernel.vocabulary import Classification, LinkVerdict
from lianfang.records.frames import frame_of
from lianfang.registry.selectors import search_persons


def chain_links(outbreak: str, scope: Scope) -> QuerySet[ChainLink]:
    """Return the candidate infectors of an outbreak's cases, both inside the scope, the heaviest first."""
    rows = ChainLink.objects.within(scope).filter(outbreak_id=outbreak).select_related("infector", "infectee")
    if not scope.everything:
        inside = Q(pk__in=())
        for path in scope.paths:
            inside |= Q(infectee__jurisdiction__path__startswith=path, infector__jurisdiction__path__startswith=path)
        rows = rows.filter(inside)
    return rows.order_by("infectee_id", "-weight", "infector_id")


def links_of_case(case_id: str, outbreak: str, scope: Scope) -> QuerySet[ChainLink]:
    """Return the links to and from a case, both ends inside the scope: its possible infectors first, by weight."""
    rows = chain_links(outbreak, scope).filter(Q(infectee_id=case_id) | Q(infector_id=case_id))
    onward = SqlCase(When(infectee_id=case_id, then=Value(0)), default=Value(1))
    return rows.order_by(onward, "-weight", "infector_id", "infectee_id")


_CHAINS: dict[str, tuple[str, pl.DataType]] = {
    "infector": ("infector_id", pl.String()),
    "infectee": ("infectee_id", pl.String()),
    "weight": ("weight", pl.Float64()),
    "evidence_zh": ("evidence_zh", pl.String()),
    "evidence_en": ("evidence_en", pl.String()),
    "link": ("pk", pl.Int64()),
}

_VERDICTS: dict[str, tuple[str, pl.DataType]] = {
    "infector": ("infector_id", pl.String()),
    "infectee": ("infectee_id", pl.String()),
    "verdict": ("verdict", pl.String()),
}


def chains_frame(outbreak: str, scope: Scope) -> pl.DataFrame:
    """Return the candidate infectors of an outbreak's cases, both inside the scope, with what people decided laid over.

    Columns of `core.chains.weigh` without place and time of the meeting, ``link`` (the key of the link, for acts) and
    ``verdict``.
    """
    return settle(frame_of(chain_links(outbreak, scope), _CHAINS), verdicts_frame(outbreak, scope))


def verdicts_frame(outbreak: str, scope: Scope) -> pl.DataFrame:
    """Return what people decided about the links of an outbreak, columns of `core.verdicts.VERDICTS`."""
    return frame_of(chain_links(outbreak, scope).exclude(verdict="").order_by("infectee_id", "infector_id"), _VERDICTS)


def other_confirmed(keys: Sequence[Any], scope: Scope) -> list[Any]:
    """Return the confirmed links of the infectees of some links, without these: a case has one infector."""
    asked = ChainLink.objects.within(scope).filter(pk__in=keys)
    infectees = list(asked.values_list("infectee_id", flat=True))
    found = ChainLink.objects.within(scope).filter(infectee_id__in=infectees, verdict=LinkVerdict.CONFIRMED.value)
    return list(found.exclude(pk__in=keys).order_by("pk").values_list("pk", flat=True))


def search_chain(outbreak: str, text: str, scope: Scope, *, role: str) -> list[str]:
    """Return the cases of an outbreak inside a scope that fit what was typed, by case id.

    A case fits by its id, or by its person as the register finds persons (`registry.selectors.search_persons`): no
    field that the role sees masked is searched by its parts. Nothing typed finds nobody.
    """
    typed = tidy_text(text)
    if not typed:
        return []
    persons = search_persons(scope, typed, role=role).order_by().values("pk")
    rows = case_rows(scope).filter(Q(case_id__icontains=typed) | Q(person_id__in=persons), outbreak_id=outbreak)
    rows = rows.exclude(classification=Classification.EXCLUDED.value)  # no chain leads to them
    return list(rows.order_by("case_id").values_list("case_id", flat=True))


def chain_graph(cases: Any, chains: Any, *, around: str | None = None) -> dict[str, Any]:
    """Return the chains of an outbreak, or those around one case, as ``<lf-graph>`` reads them.

    Each edge has the key of its ``link``, on which the acts ``chain.confirm``, ``chain.refuse`` and ``chain.reopen``
    are carried out, and its ``verdict``; ``ruled_out`` names the links of these cases that are not drawn since somebody
    ruled them out.

    Parameters
    ----------
    cases : pl.DataFrame
        `lianfang.cases.selectors.cases_frame`.
    chains : pl.DataFrame
        `selectors.chains_frame`.
    around : str, optional
        A case id.
    """
    drawn = draw_chains(cases, chains, around=around)
    kinds = set(Classification.codes())
    nodes = [
        {
            "id": node["id"],
            "label": f"{node['id']} {label(Classification, node['kind']) if node['kind'] in kinds else ''}".strip(),
            "x": node["x"],
            "y": node["y"],
            "size": node["size"],
            "kind": node["kind"],
            "url": reverse("case", args=[node["id"]]),
        }
        for node in drawn.nodes.to_dicts()
    ]
    ids = drawn.nodes["id"].implode()
    near = chains.filter(pl.col("infector").is_in(ids) | pl.col("infectee").is_in(ids))
    decided = {
        (source, target): {"link": link, "verdict": verdict or ""}
        for source, target, link, verdict in near.select("infector", "infectee", "link", "verdict").iter_rows()
    }
    edges = [
        {
            "source": link["source"],
            "target": link["target"],
            "weight": link["weight"],
            "label": f"{link['weight']:.2f}",
            "evidence": link[f"evidence_{current_lang()}"],
            **decided.get((link["source"], link["target"]), {}),
        }
        for link in drawn.links.to_dicts()
    ]
    words = {
        "title": _("Transmission chains"),
        "infectee": _("Infected"),
        "infector": _("Possible source"),
        "weight": _("Weight"),
        "evidence": _("Grounds"),
        "table": _("The same as a table"),
        "save_svg": _("Save the picture (SVG)"),
        "save_png": _("Save the picture (PNG)"),
        "failed": _("The chains cannot be drawn here; the table says the same."),
    }
    ruled_out = [
        {"source": source, "target": target, "link": said["link"]}
        for (source, target), said in decided.items()
        if said["verdict"] == LinkVerdict.REFUSED.value
    ]
    return {"nodes": nodes, "edges": edges, "ruled_out": ruled_out, "words": words}
