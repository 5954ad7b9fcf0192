"""How Alembic runs here: on the connection it is given, in one transaction."""

from alembic import context

from bot.ledger.schema import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
