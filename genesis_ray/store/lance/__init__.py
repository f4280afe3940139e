"""Tables of LanceDB: one writer, batches, and versions that go."""
