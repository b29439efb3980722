"""Make the demo's colour picture: two panels of its chapter, coloured by hand.

    python demo/make_reference.py

Somebody with a few minutes draws rough flats (`FLATS`, polygons in pixels of the panels) and names their colours;
Irodori's own composition lays them under the ink. The pages are the bundled ones (credits: ATTRIBUTION.md), the result
is checked in and carries their licence.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np

from engines.oklab import grey_to_lightness, srgb_to_oklab
from host.pipeline.compose.compose import lay_colour
from host.pipeline.compose.field import colour_field
from host.pipeline.decode import decode_page

HERE: Final = Path(__file__).resolve().parent
TARGET: Final = HERE / "reference" / "manga.webp"

COLOURS: Final = {
    "skin": (255, 222, 196),
    "blonde": (240, 205, 120),
    "auburn": (150, 78, 52),
    "dark": (62, 50, 70),
    "pinafore": (60, 110, 104),
    "floral": (236, 140, 190),
    "blouse": (176, 212, 240),
    "heart": (252, 216, 218),
    "book": (176, 96, 60),
    "wall": (250, 236, 200),
    "window": (160, 210, 214),
    "dusk": (118, 104, 150),
    "paper": (255, 255, 255),
}

Flat = tuple[str, list[tuple[int, int]]]
"""A colour's name and the corners of where it goes; later ones lie on top."""

FLATS: Final[dict[str, tuple[tuple[int, int], list[Flat]]]] = {
    "05": (
        (0, 318),
        [
            ("heart", [(0, 0), (460, 0), (460, 318), (0, 318)]),
            ("wall", [(450, 0), (600, 0), (600, 318), (400, 318), (420, 230), (470, 110)]),
            ("blonde", [(0, 15), (30, 0), (110, 0), (150, 40), (168, 100), (163, 150), (150, 200), (143, 238),
                        (125, 210), (118, 196), (40, 200), (28, 200), (0, 165)]),
            ("skin", [(33, 95), (50, 84), (90, 86), (140, 94), (150, 104), (148, 135), (138, 165), (120, 190),
                      (80, 203), (60, 195), (45, 165), (34, 125)]),
            ("skin", [(0, 290), (12, 268), (60, 230), (90, 224), (132, 235), (126, 250), (142, 300), (150, 318),
                      (120, 318), (105, 275), (60, 285), (40, 290), (20, 318), (0, 318)]),
            ("pinafore", [(24, 318), (38, 294), (60, 286), (90, 292), (117, 297), (120, 318)]),
            ("pinafore", [(2, 250), (18, 245), (30, 262), (4, 280)]),
            ("auburn", [(176, 180), (180, 120), (200, 85), (240, 66), (280, 66), (320, 90), (335, 120), (345, 160),
                        (356, 215), (352, 262), (338, 306), (318, 296), (303, 262), (300, 244), (235, 240), (215, 250),
                        (190, 230)]),
            ("skin", [(222, 160), (238, 143), (265, 136), (285, 146), (300, 155), (317, 186), (310, 220), (282, 248),
                      (256, 240), (236, 215), (224, 188)]),
            ("skin", [(184, 168), (194, 166), (195, 198), (188, 200)]),
            ("skin", [(236, 246), (290, 252), (292, 318), (228, 318), (230, 290)]),
            ("floral", [(205, 250), (232, 240), (228, 318), (150, 318), (160, 275)]),
            ("floral", [(292, 280), (312, 270), (335, 300), (330, 318), (292, 318)]),
            ("dark", [(448, 210), (455, 192), (475, 181), (500, 186), (512, 215), (520, 236), (495, 244), (452, 242)]),
            ("skin", [(455, 216), (470, 206), (488, 210), (488, 232), (472, 244), (458, 238)]),
            ("skin", [(436, 262), (452, 248), (480, 262), (512, 300), (505, 305), (480, 275), (445, 270)]),
            ("blouse", [(448, 270), (485, 262), (502, 318), (436, 318)]),
            ("paper", [(0, 200), (50, 205), (60, 228), (12, 268), (0, 285)]),
            ("paper", [(392, 0), (456, 34), (470, 110), (452, 186), (405, 236), (364, 226), (348, 198), (324, 140),
                       (344, 98), (344, 66), (272, 54), (344, 60), (346, 46), (374, 36)]),
            ("paper", [(533, 147), (563, 168), (563, 208), (545, 220), (518, 236), (525, 219), (505, 211), (502, 170)]),
        ],
    ),
    "03": (
        (468, 816),
        [
            ("dusk", [(190, 0), (252, 6), (300, 348), (165, 348), (130, 262), (170, 182), (195, 92)]),
            ("wall", [(262, 4), (552, 24), (552, 332), (300, 332)]),
            ("window", [(398, 22), (552, 30), (552, 67), (500, 67), (450, 66), (412, 82)]),
            ("dark", [(0, 0), (190, 0), (200, 52), (195, 102), (170, 142), (125, 222), (112, 197), (60, 197),
                      (48, 194), (10, 172), (0, 147)]),
            ("skin", [(33, 82), (45, 54), (75, 27), (100, 28), (150, 60), (163, 82), (160, 122), (140, 157),
                      (95, 180), (70, 168), (45, 132), (36, 104)]),
            ("skin", [(55, 167), (85, 181), (98, 207), (125, 284), (66, 282), (8, 200), (50, 194)]),
            ("blouse", [(60, 288), (128, 292), (166, 348), (62, 348)]),
            ("skin", [(0, 294), (48, 308), (46, 348), (0, 348)]),
            ("auburn", [(262, 6), (300, 4), (370, 22), (396, 62), (398, 102), (376, 152), (360, 197), (328, 200),
                        (318, 172), (290, 170), (270, 142), (264, 62)]),
            ("skin", [(286, 80), (302, 70), (340, 86), (364, 94), (367, 127), (345, 152), (318, 166), (296, 148),
                      (287, 114)]),
            ("skin", [(300, 164), (330, 178), (332, 217), (292, 210)]),
            ("floral", [(290, 222), (350, 220), (376, 264), (366, 330), (302, 330)]),
            ("dark", [(408, 117), (420, 78), (450, 65), (490, 70), (502, 107), (502, 154), (526, 194), (500, 198),
                      (440, 182), (418, 164)]),
            ("skin", [(430, 120), (460, 112), (490, 122), (488, 158), (465, 182), (442, 174), (431, 154)]),
            ("skin", [(446, 182), (484, 180), (498, 214), (470, 232), (442, 214)]),
            ("blouse", [(440, 218), (470, 236), (500, 218), (536, 222), (530, 292), (420, 294)]),
            ("skin", [(412, 294), (470, 288), (470, 307), (414, 328)]),
            ("book", [(456, 294), (500, 268), (540, 294), (505, 327), (480, 314)]),
            ("skin", [(490, 270), (502, 262), (528, 274), (534, 288), (508, 282)]),
            ("paper", [(222, 82), (240, 80), (256, 94), (254, 124), (236, 138), (210, 134), (196, 122), (206, 92)]),
            ("paper", [(216, 165), (248, 172), (272, 212), (278, 272), (268, 312), (240, 344), (208, 352), (180, 337),
                       (154, 297), (150, 252), (160, 207), (184, 174)]),
            ("paper", [(400, 140), (424, 148), (438, 182), (436, 222), (424, 254), (400, 268), (378, 257), (352, 238),
                       (360, 192), (372, 158)]),
            ("paper", [(545, 66), (566, 76), (578, 112), (572, 162), (548, 194), (514, 188), (500, 152), (500, 102)]),
        ],
    ),
}  # fmt: skip


def coloured(name: str) -> np.ndarray:
    """Return a panel with its flats under its ink, `(h, w, 3)` uint8 sRGB."""
    (top, bottom), flats = FLATS[name]
    page = decode_page(next((HERE / "chapter").glob(f"{name}.*")).read_bytes())
    encoded = cv2.imencode(".png", page.grey[top:bottom])[1].tobytes()
    panel = decode_page(encoded)
    lab = np.dstack([grey_to_lightness(panel.grey), np.zeros((*panel.grey.shape, 2), np.float32)])
    for colour, corners in flats:
        inside = cv2.fillPoly(np.zeros(panel.grey.shape, np.uint8), [np.array(corners, np.int32)], 1) > 0
        lab[inside, 1:] = srgb_to_oklab(np.array([[COLOURS[colour]]], np.uint8))[0, 0, 1:]
    protect = np.zeros(panel.grey.shape, np.bool_)
    return lay_colour(panel, protect, colour_field(panel, protect, lab)).rgb


def main() -> None:
    """Write the picture: the panels one above the other."""
    panels = [coloured(name) for name in FLATS]
    picture = np.vstack([np.pad(one, [(0, 8), (0, 0), (0, 0)], constant_values=255) for one in panels])
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    encoded = cv2.imencode(".webp", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_WEBP_QUALITY, 88])[1]
    TARGET.write_bytes(encoded.tobytes())


if __name__ == "__main__":
    main()
