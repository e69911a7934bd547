"""Numbers with a proven error, as elements of NumPy's object arrays.

A Ball is a real number with a proven radius. A Jet is f(x + t d + s e) for small t and s. NumPy's ufuncs
call an element's operators, and for exp, sin and the like its methods, so code written against NumPy arrays
runs on them as it is.

A comparison looks at the constant term. Where balls overlap, nothing is proven:
- of two Jets, the order at t -> 0+ or t -> 0- decides (the higher coefficients, lexicographically, and
  then those of s), and the tie is noted in the current `Arithmetic`: the caller evaluates both sides and
  sees whether the derivative is the same on both;
- of two Balls, the midpoints decide, as they would in floating point, and the guess is noted.
Of what is undefined every comparison is false, as of NaN, and that is noted too.

Ops that only add and multiply run on `packed` arrays as well, which are computed with as a whole, in
`double_double` arithmetic. `algebras` says what their elements are. Nothing is compared there.
"""
