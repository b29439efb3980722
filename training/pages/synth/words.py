"""What is written: sentences put together of common words and signs, and sound words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    Rng = np.random.Generator


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_HEADS = _split(
    """
    そんな だから もう お前 あいつ どうして ここは 僕が 私は 今日 先生 待って まさか 本当に 世界 約束 兄さん 明日
    この街 やっぱり なんで ちょっと 彼女 俺たち いつか 昔々 大丈夫 それは スープ カメラ ロボット ありがとう ごめん
    行くぞ 見ろ お願い 時間 魔法 学校 名前 夏休み 雪
    """
)
_TAILS = _split(
    """
    なんだ だろう じゃない ってば しよう のか ですよ でしょ かもしれない 知らない 来るな 帰ろう なのに って言った
    を守る が見えた に違いない なければ できるはず だったんだ ください まだ早い 忘れないで 始まる
    """
)
_ENDS = ("", "", "…", "！", "！！", "？", "！？", "。", "ー！", "…！", "♪", "っ")
_SHORT_JA = _split(
    """
    … …… ！？ ！ ？ え？ はい うん おい！ あ… へえ なに！？ はぁ くそっ ん？ やだ
    """
)
_WORDS = _split(
    """
    I YOU WE THE A IS IT NOT BUT WHAT HOW THIS THAT NEVER ALWAYS HAVE GO SEE KNOW WANT TELL ME HIM HER THEM HERE
    THERE SCHOOL SWORD MAGIC DRAGON TOMORROW TONIGHT FRIEND BROTHER PROMISE WORLD CITY WAIT RIGHT REALLY BELIEVE
    SOMETHING IMPOSSIBLE FORGET RETURN LITTLE STRONG ALONE WITHOUT BEFORE AFTER UNDERSTAND CAN'T DON'T I'M IT'S
    YOU'RE TO OF AND IN ON
    """
)
_LATIN_ENDS = _split(". . ! ? !! ?! ... ...! --")
_SHORT_LATIN = _split("... ! ? ?! !! HUH? YES. NO! WHAT?! OH... HEY! AH! HMPH. EH? HM. WAIT!")
_SOUNDS_JA = _split(
    """
    ドドド ゴゴゴゴ バン ドン ザワ ガッ ズズ キィィ パチ ビクッ シーン ドキ ザァァ バキッ ゴォォ ピタ ガシャン
    ヒュウ タタタ ぎゅ ふわ にこ わいわい どさっ カッ ズバッ ダッ コクン スッ ガタ ギロ ハァ
    """
)
_SOUNDS_LATIN = _split(
    """
    BOOM BAM CRASH WHOOSH THUD CLICK RUMBLE SLAM TAP-TAP FWIP GASP KRAK SWISH DASH SNAP ROAR BANG STARE GRAB RUSTLE
    THUMP BA-DUM ZZZ VROOM SPLASH SHING POP HAHA WHAM FWOOSH
    """
)
_MARKS = ("", "", "", "！", "ッ", "…")
_SIGNS_JA = _split(
    """
    本屋 カフェ 駅 ラーメン 薬局 入口 三丁目 酒 学園 止まれ 1-A 図書室 営業中 花
    """
)
_SIGNS_LATIN = _split("CAFE HOTEL BOOKS STOP OPEN EXIT POLICE BAR ROOM-12 SALE TAXI BANK 1-A 24H")


def sentence(rng: Rng, *, japanese: bool, length: int) -> str:
    """Return about `length` words."""
    if rng.random() < 0.12:
        return _pick(rng, _SHORT_JA if japanese else _SHORT_LATIN)
    if japanese:
        parts = [_pick(rng, _HEADS if i % 2 == 0 else _TAILS) for i in range(max(1, length // 2))]
        return "".join(parts) + _pick(rng, _ENDS)
    text = " ".join(_pick(rng, _WORDS) for _ in range(length)) + _pick(rng, _LATIN_ENDS)
    return text if rng.random() < 0.8 else text.capitalize()


def sound(rng: Rng, *, japanese: bool) -> str:
    """Return a sound word."""
    return (
        _pick(rng, _SOUNDS_JA) + _pick(rng, _MARKS)
        if japanese
        else _pick(rng, _SOUNDS_LATIN) + "!" * int(rng.integers(0, 3))
    )


def sign(rng: Rng, *, japanese: bool) -> str:
    """Return what a board in the street says."""
    return _pick(rng, _SIGNS_JA if japanese else _SIGNS_LATIN)


def _pick(rng: Rng, choices: tuple[str, ...]) -> str:
    return choices[rng.integers(len(choices))]
