"""Every test here may have a ledger of its own."""

from tests.unit.ledger.books import books, empty_ledger, file_ledger

__all__ = ["books", "empty_ledger", "file_ledger"]
