from timeit import repeat

from core.examples.loaders.local import embed

text = "Hello World"

embed([text])  # the first call is slower
times = repeat(lambda: embed([text]), number=1, repeat=30)
print(f"median {sorted(times)[15] * 1000:.2f} ms")
