"""The workplace database's history of shapes; `upgrade` brings any earlier one to the present."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest shape."""
    with engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(files(__package__)))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
