"""Where documents can come from: one file a source, found because it is there."""
