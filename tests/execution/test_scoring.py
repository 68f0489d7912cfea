import numpy as np
import pytest
from support.planted_runtimes import Answers, MeanSession, Reuses
from support.tiny_models import some_images

from edgekit.execution.scoring import scores_of
from edgekit.foundation.errors import ArtifactError
from edgekit.runtimes import Session, SessionSettings

IMAGES = some_images(10)
MEANS = IMAGES.mean(axis=(1, 2), dtype=np.float32)


@pytest.mark.parametrize("batch_size", [1, 3, 5, 10, 16])
def test_every_image_gets_its_row_at_any_batch(batch_size: int) -> None:
    scores = scores_of(MeanSession(SessionSettings(batch_size=batch_size)), IMAGES)
    assert scores.dtype == np.float32
    assert np.array_equal(scores, MEANS)


def test_the_session_always_gets_full_batches() -> None:
    sizes = []

    class Counting(MeanSession):
        def invoke(self, batch):
            sizes.append(len(batch))
            return super().invoke(batch)

    scores_of(Counting(SessionSettings(batch_size=4)), IMAGES)
    assert sizes == [4, 4, 4]


def test_an_output_buffer_that_is_reused_does_not_overwrite_earlier_rows() -> None:
    session = Reuses.open(None, SessionSettings(batch_size=2))
    assert session.invoke(IMAGES[:2]) is session.invoke(IMAGES[2:4])
    assert np.array_equal(scores_of(session, IMAGES), MEANS)


def test_too_few_rows_are_refused() -> None:
    session = MeanSession(SessionSettings(batch_size=4))
    session.invoke = lambda batch: np.zeros((1, 3), np.float32)  # type: ignore[method-assign]
    with pytest.raises(ArtifactError, match="4 images"):
        scores_of(session, IMAGES)


@pytest.mark.parametrize("images", [IMAGES[:0], IMAGES.astype(np.float32), IMAGES[0], IMAGES[..., :2]])
def test_anything_but_bytes_of_one_or_three_channels_is_refused(images: np.ndarray) -> None:
    session: Session = Answers.open(None, SessionSettings())
    with pytest.raises(ArtifactError, match="uint8"):
        scores_of(session, images)
