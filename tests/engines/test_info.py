"""What an engine says of itself where it says nothing."""

from engines.info import Supports


def test_an_engine_can_do_what_it_says_and_nothing_more_but_seeds_make_other_pictures() -> None:
    plain = Supports(references_max=2)
    assert plain.references_max == 2
    assert not any((plain.preview, plain.negative_prompt, plain.lora, plain.inpaint))
    assert plain.seed
