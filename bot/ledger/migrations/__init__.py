"""The ledger's tables through time, by Alembic."""
