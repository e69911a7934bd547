"""Programs that learn something in under a minute, offline, and draw it.

Each is a module to run, as in `python -m dezero.examples.spiral`; all take --epochs, --out, --quick
and --seed, show their progress, print what they found and save a picture.

spiral          a network with one hidden layer parts three spiral arms
digits          an MLP and a small CNN read handwritten digits
sine_lstm       an LSTM continues a wave
gan             two networks that contest draw digits
vae             an autoencoder lays digits out in a plane
grad_cam        where the CNN looks when it reads a digit
style_transfer  one picture's content in another's style
newton          Newton's method beside gradient descent, in Rosenbrock's valley
"""
