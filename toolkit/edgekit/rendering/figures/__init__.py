"""The pictures of a run, drawn with matplotlib: each function gives a figure, and `save` writes it as PNG.

style.py       size, fonts and names that can be drawn, whatever letters they hold
curves.py      accuracy and loss with the over-fitting gap, learning rate
confusion.py   the confusion matrix, normalized by truth or by prediction
images.py      training images, augmented images, misclassified images
classes.py     the table of classes
layers.py      what each layer of a quantized file adds
search.py      size against drift of a search's trials
"""

from edgekit.rendering.figures.classes import class_table
from edgekit.rendering.figures.confusion import confusion_matrix
from edgekit.rendering.figures.curves import learning_curves, learning_rate
from edgekit.rendering.figures.images import augmented_images, misclassified, sample_images
from edgekit.rendering.figures.layers import layer_drift
from edgekit.rendering.figures.search import size_against_flips
from edgekit.rendering.figures.style import save

__all__ = [
    "augmented_images",
    "class_table",
    "confusion_matrix",
    "layer_drift",
    "learning_curves",
    "learning_rate",
    "misclassified",
    "sample_images",
    "save",
    "size_against_flips",
]
