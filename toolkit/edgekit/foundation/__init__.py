"""What every other part builds on: errors, atomic files, progress, the machine, the door to Keras. Knows no model."""
