"""Rows in, pages out. It imports no oracle and no framework.

html, site                         the report: a page for the summary, for each function and for each study
shared, serialized                 a page in few bytes: what is alike once, no tags that HTML does not need
summary, judged, answers           what the rows say, as the structures that pages show
conclusion, verdicts               what came of it all, and of one function, in a sentence
matrix, since, overview, totals    the summary: its table, changes in its cells, all functions, key figures
function_page, study_page, machines, by_device    parts of pages; `not_passed`: findings by their causes
anchors                            where links lead
introduction                       the lead through the studies, of `schemes`, `lessons` and `dtypes_kept`
blame, causes                      what each failure is put down to, and why a run is red
changed, changed_page, margin      two records compared, by what was `selected`, and by the machine's `paces`
history, kill_matrix               runs over commits; planted bugs
console, ci, data                  the same as plain text, as JUnit XML and annotations, as CSV
told, junit, github                what continuous integration is told of a check, of whatever kind
svg, frame, scales, paths, styles  line plots; `step_plots`, `domain_plots`, `study_plots` draw rows with them
graphs, layering                   computational graphs
equations, mathml                  formulas
most, furthest_off                 how much one page shows, and what it shows of very many cases
templating, formatting, policy     the templates, numbers as text, the Content-Security-Policy
notebook                           how a run shows itself in a notebook
terms                              where a term first stands it leads to its explanation
"""
