"""The setting of language models: what it refuses, and the rule that it stands for."""

import pytest

from replicate.errors import SettingError
from replicate.tasks.language_model import LanguageModel


def test_the_rule_is_the_settings():
    rule = LanguageModel(learning_rate=0.3, clip=None, decay=0.7, max_epochs=9).rule()
    assert (rule.learning_rate, rule.clip, rule.averaged_over) == (0.3, None, "sequences")
    assert (rule.schedule.decay, rule.schedule.max_epochs) == (0.7, 9)
    assert rule.schedule.decay_after is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cell", "gru"), ("text", "both"), ("clip", 0.0), ("clip", -1.0), ("dropout", 1.0),
        ("n_hidden", 0), ("order", 2), ("improves_by", 0.9), ("dtype", "float16"),
        ("decay_after", -1), ("learning_rate", float("nan")), ("corpus", 3),
        ("classes", "none"),
    ],
)  # fmt: skip
def test_impossible_settings_name_the_field(name, value):
    with pytest.raises(SettingError, match=name):
        LanguageModel.of({name: value})
