"""The attack: programs that try to break dezero and gradcheck, and say what they tried.

    python -m tests.attack --minutes 60 -n 2        # every attack, each its share of the time
    python -m tests.attack calls graphs --minutes 5 # some of them
    python -m tests.attack calls --first 17 --trials 1  # one trial again

An attack is a module of this package with one function, `trial(seed, folder) -> Tried`, and a line in
`campaign.SHARES`. A trial takes 0.1 to 5 seconds, writes below `folder` only, and depends on nothing but
its seed: what it found can be found again. `test_attack.py` runs a few fixed trials of each.
"""
