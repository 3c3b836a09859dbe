"""Published outbreak data made into the files that ``lianfang respond`` reads; see `docs/examples.md`."""
