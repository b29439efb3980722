"""Pyramid attention broadcast (https://arxiv.org/abs/2408.12588): each second step takes the attention before it.

What diffusers has of it keeps one state for both passes of a guided step, so that what is guided away from takes over
what is guided towards. Here each pass has its own, told apart as the pipeline names them.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVERY: Final = 2
# Above, the picture is laid out; below, its details are made: attention changes most there.
_TIMESTEPS: Final = (100, 800)
_NAME: Final = "irodori_attention_cache"


@contextmanager
def kept_attention(pipeline: Any, *, is_on: bool = True) -> Iterator[None]:
    """Let a pipeline's transformer keep its attention while this is open; `is_on` false: as if it were not there.

    It changes the picture a little, and pays where there are many steps. The pipeline's call must name its passes
    (`cache_context`), as `Flux2KleinPipeline`'s does and that for inpainting does not.
    """
    if not is_on:
        yield
        return
    from diffusers.hooks import HookRegistry
    from diffusers.models.attention import AttentionModuleMixin

    layers = [one for one in pipeline.transformer.modules() if isinstance(one, AttentionModuleMixin)]
    registries = [HookRegistry.check_if_exists_or_initialize(one) for one in layers]
    whole = HookRegistry.check_if_exists_or_initialize(pipeline.transformer)
    whole.invalidate_child_registries_cache()
    for registry in registries:
        registry.register_hook(_hook(lambda: pipeline.current_timestep), _NAME)
    try:
        yield
    finally:
        for registry in registries:
            registry.remove_hook(_NAME, recurse=False)
        whole.invalidate_child_registries_cache()


def _hook(timestep: Any) -> Any:
    from diffusers.hooks import pyramid_attention_broadcast as pyramid
    from diffusers.hooks.hooks import StateManager

    class ByPass(pyramid.PyramidAttentionBroadcastHook):  # type: ignore[misc]  # the library has no types
        """diffusers' own hook with a state for each pass."""

        def initialize_hook(self, module: Any) -> Any:
            self._states = StateManager(pyramid.PyramidAttentionBroadcastState)
            return module

        @property
        def state(self) -> Any:
            return self._states.get_state()

        def reset_state(self, module: Any) -> Any:
            self._states.reset()
            return module

    return ByPass(_TIMESTEPS, _EVERY, timestep)
