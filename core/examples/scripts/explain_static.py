from core.examples.loaders.static import model

text = "The bank raised its rates."
scaled = True  # to unit length

tokens = model[0].tokenizer.encode(text, add_special_tokens=False)
print(tokens.tokens)
token_vectors = model[0].embedding.weight[tokens.ids]
embedding = model.encode(text, normalize_embeddings=scaled)
print(token_vectors.shape, embedding.shape)
