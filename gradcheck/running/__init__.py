"""Who performs the tasks of a run, where, and for how long.

session          one run of the laboratory: tasks performed, rows written, the report made
tasks            one task, performed by a worker: from its name to rows
runner           performs tasks on all cores, with a time limit for each; rows come as tasks end
advancing        how far a run has come, on the standard error
pool, worker     processes of this machine; `cluster`: those of a Dask cluster
forked           computations in copies of this process: one with a time limit, several at once
availability     the devices that a run asks for, and those that this machine has
campaign         planted bugs in every Function class of every case
spec_checks      the checks of one spec, for commands and tests; `formula`: the row of its formula

Of the pytest plugin:

pytest_settings    what markers and options say
pytest_checks      the checks of the running test
pytest_specs       a Spec as a parametrised test
pytest_session     what all tests of a session have checked: its records and report; `pytest_drawn`: what
                   the report draws
pytest_baseline    how accurate checks are to be; `pytest_keeper` compares and updates the file in a session
pytest_tracebacks  failures without the checker's frames
"""
