import json

from edgekit.cli import run_command as run


def test_recipes_as_a_table(capsys):
    assert run(["recipes"]) == 0
    text = capsys.readouterr().out
    lines = text.splitlines()
    row = next(line for line in lines if line.lstrip().startswith("cnn6 "))
    assert "1,345,066" in row
    assert " ".join(text.split()).count("fold of the CIFAR-10 training set") == 2  # once below each table
    assert any(line.startswith("resnet8: ") for line in lines)
    assert max(map(len, lines)) <= 100


def test_recipes_as_json(capsys):
    assert run(["recipes", "--json"]) == 0
    recipes = {recipe["name"]: recipe for recipe in json.loads(capsys.readouterr().out)["recipes"]}
    assert recipes["resnet8"]["num_parameters"] == 78_426
    assert set(recipes["cnn6"]["measured"]) >= {
        "accuracy_float32",
        "accuracy_int8",
        "hardware",
        "num_images",
        "command",
    }
