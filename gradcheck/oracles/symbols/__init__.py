"""Formulas: written once, differentiated by SymPy, evaluated in balls, typeset.

namespace    the functions with which a formula is written, on arrays of SymPy's expressions
formulas     the truth from a formula; `templates`: its derivatives, each shape of expression once
evaluation   SymPy's expressions, evaluated in balls
derived      what is typeset: a formula's derivatives; `ties`: what they are where branches meet
typeset      a formula and its derivatives as MathML and as plain text
"""
