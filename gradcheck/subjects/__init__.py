"""What is differentiated, and what it must not do to the rest of the program.

subject      the protocol `Subject` and its answer, a `Trial`; `Around`, for those that wrap another
dezero       functions of dezero: the only place that drives it; `graph` looks into its graphs
torch        functions of PyTorch
layouts      another subject, whose arrays lie in memory otherwise
on_device    another subject, computed on a device
traceless    another subject, whose calls leave nothing behind in what f holds
state        finds what f holds, by `ownership`; `kept` and `chance` compare it and put it back
shaken       arrays that round at random, but for what is exact (`exactness`)
written      where the derivative of a Function, or something of a user's, is written
signatures   the names of a function's arguments
"""
