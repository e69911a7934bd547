"""The heart of some studies in a few lines of plain NumPy, as their pages show it; a test runs each."""
