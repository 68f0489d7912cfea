"""Calibration sets and int8 schemes."""
