"""Which language a wish is in."""

import pytest

from engines.words import languages
from engines.words.languages import guess_language, translated_languages

WISHES = [
    ("de", "rote Haare, blauer Himmel"), ("de", "Mädchen mit grünen Augen"), ("de", "Sonnenuntergang"),
    ("es", "cabello rojo, cielo azul"), ("es", "chica con ojos verdes"), ("fr", "cheveux roux, ciel bleu"),
    ("it", "capelli rossi, cielo azzurro"), ("pt", "cabelo vermelho, céu azul"), ("ja", "赤い髪、青い空"),
    ("ja", "ナルト"), ("zh", "红头发,蓝天"), ("ko", "빨간 머리"), ("ru", "рыжие волосы"), ("en", "red hair, blue sky"),
    ("en", "1girl, red hair"), ("en", "night"), ("en", "sunset"), ("en", "Aiko in a red kimono"), ("en", "#ff0000"),
    ("en", "1, 2"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "wish"), WISHES)
def test_a_short_wish_is_told(language: str, wish: str) -> None:
    pytest.importorskip("py3langid")
    assert guess_language(wish).language == language


def test_only_what_is_asked_for_is_chosen_from() -> None:
    pytest.importorskip("py3langid")
    assert guess_language("cabello rojo, cielo azul", {"de"}).language in ("de", "en")


def test_without_the_library_scripts_tell_what_they_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "_is_here", lambda: False)
    told = [guess_language(wish).language for wish in ("赤い髪", "红头发", "빨간", "рыжие", "rote Haare", "12")]
    assert told == ["ja", "zh", "ko", "ru", "", "en"]


def test_the_catalogue_says_whose_translators_there_are() -> None:
    known = translated_languages()
    assert {"ja", "zh", "ko", "de", "es", "fr"} <= known.keys()
    assert known["ja"] == "opus-mt-ja-en"
