"""Annotated pictures, arrays and tables, written aside and renamed."""
