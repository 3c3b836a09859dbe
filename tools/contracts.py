"""Contracts of import-linter: rooms import to their left, in the order of the house; a room is entered by its doors."""

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.contracts.layers import LayersContract

from tools.names import rooms


class RoomsInOrderContract(LayersContract):
    """The layers of import-linter, which are the rooms as ``house.py`` names them: no second list to keep.

    ``house`` itself stands right of the kernel, of which alone it is made.
    """

    type_name = "rooms-in-order"

    def __init__(self, name: str, session_options: dict[str, Any], contract_options: dict[str, Any]) -> None:
        kernel, *others = rooms()
        contract_options["layers"] = [*reversed(others), "house", kernel]
        super().__init__(name, session_options, contract_options)


class OneDoorContract(Contract):
    """Fails when a room imports a module of another room that is not one of its doors.

    ``doors`` are the modules open in every room; ``extra`` adds ``room.module`` entries; rooms in ``open`` have no
    closed modules. Tests are free to look behind the doors.
    """

    type_name = "one-door"

    package = fields.StringField()
    doors = fields.SetField(subfield=fields.StringField())
    extra = fields.SetField(subfield=fields.StringField(), required=False)
    open = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        breaches = []
        prefix = f"{self.package}."
        for module in sorted(graph.modules):
            if not module.startswith(prefix):
                continue
            room, _, inner = module.removeprefix(prefix).partition(".")
            first = inner.partition(".")[0]
            is_door = first in self.doors or f"{room}.{first}" in (self.extra or ()) or room in (self.open or ())
            if not inner or is_door or first == "tests":
                continue
            for importer in sorted(graph.find_modules_that_directly_import(module)):
                other, _, rest = importer.removeprefix(prefix).partition(".")
                if other != room and rest.partition(".")[0] != "tests":
                    lines = [d["line_number"] for d in graph.get_import_details(importer=importer, imported=module)]
                    breaches.append(f"{importer} (l. {lines[0] if lines else '?'}) -> {module}")
        return ContractCheck(kept=not breaches, metadata={"breaches": breaches})

    def render_broken_contract(self, check: ContractCheck) -> None:
        output.print_error("A room is entered through its doors only:", bold=True)
        for breach in check.metadata["breaches"]:
            output.print_error(f"- {breach}", bold=False)
