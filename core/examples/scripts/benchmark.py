from timeit import repeat

from core.examples.loaders.local import model

text = "Hello World"

model.encode(text)  # the first call is slower
times = repeat(lambda: model.encode(text), number=1, repeat=30)
print(f"median {sorted(times)[15] * 1000:.2f} ms")
