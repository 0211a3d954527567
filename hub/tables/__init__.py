"""Tables that people upload: CSV and XLSX, read with distrust."""

from .reader import LARGEST_FILE, RowError, Table, UnreadableTable, kind_of, read

__all__ = ["LARGEST_FILE", "RowError", "Table", "UnreadableTable", "kind_of", "read"]
