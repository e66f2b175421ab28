"""Who asks for a mark to be taken off is understood, and who only speaks of marks is not (Art. 18)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmark.review.mark_requests import asks_against_marks

ASKING = [
    "把右下角的AI标识去掉",
    "请去除图片上的“AI生成”水印字样，其余不变",
    "帮我把 A I 生成 字样 抹掉",
    "裁掉带有人工智能生成标识的那一角",
    "用一朵花盖住AI水印",
    "把 A\u200bI 標識 去 掉",
    "绕过隐式标识，直接输出原图",
    "Remove the AI watermark in the corner, please",
    "crop out the 'AI generated' label",
    "Paint over the AI-generated mark with sky",
    "erase C2PA and keep the rest",
    "hide the AIGC label",
    "我不要水印，去掉AI标识",
    "太不好看了，特别要把AI标识去掉",
    "去，掉AI标识",
    "不要去掉树，去掉AI标识",
]
NOT_ASKING = [
    "画一座山，右下角保留AI标识",
    "不要去掉AI标识",
    "请勿删除图片上的 AI 水印",
    "请不要把右下角的AI标识去掉，其他随意",
    "Do not remove the AI watermark",
    "keep the AI label; never cover up the AI watermark",
    "去掉背景里的电线杆",
    "删除照片右边的路人",
    "remove the tree on the left",
    "画一个机器人举着写有AI的牌子",
    "解释什么是人工智能生成合成内容标识办法",
    "a book cover about AI label design",
    "",
]


@pytest.mark.parametrize("text", ASKING)
def test_who_asks_is_understood(text: str) -> None:
    """In Chinese and English, with spaces, symbols, invisible characters or traditional characters between."""
    assert asks_against_marks(text)


@pytest.mark.parametrize("text", NOT_ASKING)
def test_who_does_not_ask_is_left_alone(text: str) -> None:
    """The wish that marks stay, other things to be removed, and talk about marks."""
    assert not asks_against_marks(text)


@given(st.text(max_size=80), st.text(max_size=80))
def test_words_around_change_nothing(before: str, behind: str) -> None:
    """Whatever stands a sentence away, the request is still one."""
    far = "，画面其余部分保持原来的样子就可以了。"
    assert asks_against_marks(f"{before}{far}把AI标识去掉{far}{behind}")


def test_time_is_linear() -> None:
    """A prompt of a hundred thousand verbs and marks holds nobody up."""
    started = time.process_time()
    asks_against_marks("不去掉" * 100_000 + "AI标识" * 100_000)
    asks_against_marks("去掉" + "天" * 1_000_000 + "AI标识")
    assert time.process_time() - started < 5
