"""Who performs the tasks of a run, where, and for how long.

session          one run of the laboratory: tasks performed, rows written, the report made
tasks            one task, performed by a worker: from its name to rows
runner           performs tasks on all cores, with a time limit for each; rows come as tasks end
pool, worker     processes of this machine; `cluster`: those of a Dask cluster
forked           a computation in a copy of this process, with a time limit
availability     the devices that a run asks for, and those that this machine has
campaign         planted bugs in every Function class of every case
pytest_session   what the tests of a pytest session have checked
"""
