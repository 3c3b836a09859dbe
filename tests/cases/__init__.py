"""Cases worked by hand from the sources, and what the programs make of them: `docs/worked-cases.md`."""
