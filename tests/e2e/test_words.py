"""What models do with the reader's words is switched in the options, and holds in the host."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.reading import POPUP
from tests.e2e.test_axe import assert_accessible

if TYPE_CHECKING:
    from tests.e2e.reading import Reader

pytestmark = pytest.mark.browser


def test_steps_are_switched_on_and_off(shared_reader: Reader) -> None:
    options = shared_reader.open(POPUP.replace("popup.html", "options.html"))
    words = options.get_by_role("region", name="Wishes in your own words")
    translate, enhance = words.get_by_label("Bring wishes into English"), words.get_by_label("Word wishes anew")
    expect(translate).not_to_be_checked()
    expect(enhance).to_have_value("off")
    translate.check()
    expect(words).to_contain_text("No translator is here yet")
    enhance.select_option("local")
    model = words.get_by_label("Language model")
    expect(model).to_have_value("qwen3-1.7b")
    model.select_option("qwen3-0.6b")
    assert_accessible(options)
    options.reload()
    expect(model).to_have_value("qwen3-0.6b")
    expect(translate).to_be_checked()
    translate.uncheck()
    enhance.select_option("off")
    expect(model).to_have_count(0)
    options.reload()
    expect(enhance).to_have_value("off")
    expect(translate).not_to_be_checked()
    options.close()
