"""Engines that carry expressions out (DuckDB, Spark), and files elsewhere."""
