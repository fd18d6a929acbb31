"""Rows that others hold: datasets of the Hub, saved ones, objects in Python."""
