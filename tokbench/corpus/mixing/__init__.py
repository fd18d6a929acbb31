"""How much of each source training gets, and which documents are held out."""
