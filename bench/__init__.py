"""Benchmarks: Lianfang against what a user would pick instead, in one run, on data made here from a seed."""
