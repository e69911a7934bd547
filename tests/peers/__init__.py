"""The zoo's operations before the checkers of others; `python -m tests.peers` (extra ``peers``) counts."""
