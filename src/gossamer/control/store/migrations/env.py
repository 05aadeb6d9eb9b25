"""What Alembic runs: the steps, on the connection and in the transaction that upgrade.py hands it."""

from alembic import context

from gossamer.control.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
