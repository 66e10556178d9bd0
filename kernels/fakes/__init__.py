"""Fake devices for testing what drives devices: each behaves well or badly in one way."""
