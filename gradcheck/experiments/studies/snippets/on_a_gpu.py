import numpy as np

rng = np.random.default_rng(0)
terms = rng.uniform(0, 1, 10_000).astype(np.float32)
sums = np.array([np.cumsum(rng.permutation(terms))[-1] for _ in range(200)])
spacing = np.spacing(sums.max())
print("different sums", len(set(sums.tolist())), "spread in ULP", (sums.max() - sums.min()) / spacing)
