"""The truth of plain callables, each estimate with its own error bound. Nothing here knows dezero."""
