from tests.conf.auditing.conftest import served

__all__ = ["served"]
