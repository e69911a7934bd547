"""What `gradcheck check` is made of: checks made one by one, and all that is told of them.

plain        what two processes tell each other of a check: texts and numbers
checking     the checks, made one after the other in a process apart
shown        what is printed meanwhile; `table`: the lines; `under_way`: the last line of a terminal
again        which checks are wanted, as words; the command that repeats failures
telling      JUnit XML and GitHub; `document`: JSON; `folder`: records and pages
places       in the process apart: where the wrong backward is written; `recorded`: rows of records
"""
