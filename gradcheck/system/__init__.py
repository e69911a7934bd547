"""What a machine gives: float formats, whole files, signals, streams, time limits, texts fit to be shown.

floats             the properties of a float dtype
files, growing     files that exist whole or not at all; a file that grows line by line
signals, limits    Ctrl-C and SIGTERM; time limits; `raised`: exceptions of an op, as text
streams, closing   the standard streams; what is closed when its `with` block ends
progress           what a long computation is doing, for whoever listens
captured           what other processes print
texts, tables      texts of others, made fit to be shown; tables of plain text; `markup`: pieces of HTML
alike              what sentences about like mistakes have in common
installation       whether the `dezero` that Python finds is this one
"""
