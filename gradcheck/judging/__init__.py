"""From what was measured of a case to evidence: by proof, by estimate, and what a verdict must allow for.

`examine` calls in turn: `observing` (measure the subject, ask jets for the truth), `orders` (each order by
jets), `estimate`, `contract`, `second_look` (near a point at which terms vanish) and `diagnosis`. All look
at a `scene`, which is frozen: to leave something out of it, a function passes on a changed copy.

    verdict, finding    from numbers to a verdict; Evidence rows, and the Result that users read
    proof/              balls against jets, which elements are wrong, digits that floats keep; whether jets
                        are f's (`distrust`, `reach`); values against the formula (`forward`)
    estimate/           finite differences and SymPy where jets do not apply; f that stops at a tolerance
    kinks/              which elements are on a kink, and what backward may claim there
    contract/           what a backward must do besides giving the right values
    diagnosis/          the likely cause of a failure
    comparison, rounding, differenced, near, numerals, libm    what these share
    declarations        what a spec declares besides its cases
"""
