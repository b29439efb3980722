"""Matrices of NVFP4: two numbers of 4 bits a byte, a scale of 8 bits for every 16 in a row, and one for all.

They lie in two ways. ModelOpt, and diffusers with it, has the even number in the low half of a byte and the scales in
rows; ComfyUI's files have it in the high half and the scales as cuBLAS reads them, in tiles of 128 rows by 4
(https://docs.nvidia.com/cuda/cublas/#d-block-scaling-factors-layout), the last ones filled up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engines.base import ModelInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

_ROWS, _COLUMNS = 128, 4
_BLOCK: Final = 16
SCALE: Final = ".weight_scale"
SCALE_OF_ALL: Final = ".weight_scale_2"
INPUT_SCALE: Final = ".input_scale"
_MARK: Final = ".comfy_quant"


class Packed(NamedTuple):
    """A matrix as ModelOpt has it: codes `(rows, columns / 2)`, scales `(rows, columns / 16)`, one scale for all."""

    codes: Any
    scales: Any
    scale: Any


def packed(tensors: Mapping[str, Any], key: str, name: str, *, of_comfyui: bool = False) -> Packed | None:
    """Return a matrix of NVFP4 as ModelOpt has it, None where the tensor is none.

    name: the file's, for errors. of_comfyui: the file says in its header that it is of ComfyUI.

    Raises:
        ModelInvalid: its scales have another form.
    """
    import torch

    stem, codes = key.removesuffix(".weight"), tensors[key]
    if stem == key or codes.dtype != torch.uint8 or stem + SCALE_OF_ALL not in tensors or stem + SCALE not in tensors:
        return None
    scales, scale = tensors[stem + SCALE], tensors[stem + SCALE_OF_ALL].float().reshape(())
    rows, columns = codes.shape[0], 2 * codes.shape[1] // _BLOCK
    sides = tiled(rows, columns)
    if scales.numel() not in (rows * columns, sides[0] * sides[1]):
        raise ModelInvalid(
            f"{name} has scales of shape {tuple(scales.shape)} for {key}", "Get it as bf16, fp8 or GGUF."
        )
    # Filled up, they can only be tiles; where nothing had to be filled the file's word counts.
    if scales.numel() != rows * columns or ((rows, columns) == sides and (of_comfyui or stem + _MARK in tensors)):
        codes = (codes >> 4) | (codes << 4)
        return Packed(codes, in_rows(scales, rows, columns), scale)
    return Packed(codes, scales.reshape(rows, columns), scale)


def numbers(matrix: Packed, dtype: torch.dtype) -> Any:
    """Return the numbers of a matrix `(rows, columns)`."""
    from diffusers.quantizers.bfl.utils import dequantize_nvfp4

    return dequantize_nvfp4(matrix.codes, matrix.scales, matrix.scale).to(dtype)


def tiled(rows: int, columns: int) -> tuple[int, int]:
    """Return the sides of the tiles that hold so many scales."""
    return -(-rows // _ROWS) * _ROWS, -(-columns // _COLUMNS) * _COLUMNS


def in_rows(tiles: Any, rows: int, columns: int) -> Any:
    """Return scales `(rows, columns)` from their tiles: within one, 32 rows stand side by side, four deep."""
    import torch

    sides = tiled(rows, columns)
    bytes_of = tiles.contiguous().view(torch.uint8)
    parted = bytes_of.reshape(sides[0] // _ROWS, sides[1] // _COLUMNS, 32, 4, _COLUMNS).permute(0, 3, 2, 1, 4)
    return parted.reshape(sides)[:rows, :columns].contiguous().view(tiles.dtype)
