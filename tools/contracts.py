"""The one-door rule, as a contract of import-linter: a room is entered only through the modules named as its doors."""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


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
