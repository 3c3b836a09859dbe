from lianfang.tracing.tests.fixtures import found, outbreak

__all__ = ["found", "outbreak"]
