"""What can be done to documents before use: one file a step, found because it is there."""
