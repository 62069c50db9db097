"""The room that keeps: SQLAlchemy tables and the repositories behind the ports."""
