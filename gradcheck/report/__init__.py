"""Rows in, pages out."""
