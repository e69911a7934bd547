"""Formulas: written once, differentiated by SymPy, evaluated in balls, typeset."""
