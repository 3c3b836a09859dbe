"""Chains and clusters of a whole outbreak: settings, common sources, attack rates, offspring, serial interval.

Methods, literature, limits and an example by hand: `docs/algorithms/clusters.md`.
"""
