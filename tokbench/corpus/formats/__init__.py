"""Readers of file formats, one file each: bytes in, arrays of documents out."""
