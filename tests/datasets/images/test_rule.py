import pytest

from edgekit.datasets.images.rule import DEFAULT_RULE, KERAS_RESIZES, RESIZES, ImageRule, RuleChoice
from edgekit.datasets.images.size import parse_size
from edgekit.foundation.errors import UsageError

KERAS = ImageRule(resize="keras", antialias=False, exif=False)


@pytest.mark.parametrize("resize", RESIZES)
def test_a_rule_survives_json(resize):
    rule = RuleChoice(resize=resize).rule()

    assert ImageRule.from_dict(rule.to_dict()) == rule
    assert rule.is_keras == (resize in KERAS_RESIZES)


@pytest.mark.parametrize("document", [{}, {"resize": "squash"}, {"resize": "fit", "antialias": True, "exif": True}])
def test_an_unknown_rule_of_a_manifest_is_a_sentence(document):
    with pytest.raises(UsageError, match=r"is not a resize rule|There is no resize rule 'fit'"):
        ImageRule.from_dict(document)


def test_the_rules_of_keras_turn_and_smooth_nothing():
    assert RuleChoice(resize="keras").rule() == KERAS
    with pytest.raises(UsageError, match="which is without antialiasing and turning by EXIF data"):
        ImageRule(resize="keras")
    with pytest.raises(UsageError, match="without antialiasing"):
        RuleChoice(resize="keras", antialias=True)


def test_what_is_not_chosen_stays_as_it_was():
    stored = ImageRule(resize="crop", exif=False)

    assert RuleChoice().rule(stored) == stored
    assert RuleChoice(antialias=False).rule(stored) == ImageRule(resize="crop", antialias=False, exif=False)
    assert RuleChoice(resize="pad").rule(KERAS) == ImageRule(resize="pad")


def test_a_rule_says_its_options_and_what_it_does():
    assert ImageRule(resize="crop", antialias=False, exif=False).options == "--resize crop --no-antialias --no-exif"
    assert KERAS.options == "--resize keras"
    assert str(DEFAULT_RULE) == "squash (the whole image, stretched), antialiased, turned by EXIF data"
    assert "not antialiased" in str(KERAS)


def test_a_run_keeps_its_rule():
    entry = {"name": "folder", "image_rule": KERAS.to_dict()}

    assert RuleChoice().for_run(entry) == KERAS
    assert RuleChoice(resize="keras").for_run(entry) == KERAS
    assert RuleChoice().for_run({"name": "folder"}) is None
    assert RuleChoice(resize="squash").for_run({"name": "folder"}) == DEFAULT_RULE
    assert RuleChoice(resize="pad").for_run({}) == ImageRule(resize="pad")
    with pytest.raises(UsageError, match=r"made on images resized by the rule keras .* Received --resize crop"):
        RuleChoice(resize="crop").for_run(entry)
    with pytest.raises(UsageError, match="made on images resized by the rule squash"):
        RuleChoice(antialias=False).for_run({"name": "folder"})


@pytest.mark.parametrize(("text", "size"), [("48x96", (48, 96)), (64, (64, 64)), ("64", (64, 64)), ("5 X 7", (5, 7))])
def test_a_size_is_height_times_width(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "x", "48x", "0", "0x5", "-3", "4.5", "48x96x3", "big"])
def test_other_sizes_are_a_sentence(text):
    with pytest.raises(UsageError, match="height x width in pixels, as in 48x96"):
        parse_size(text)
