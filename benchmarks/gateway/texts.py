"""What is asked and answered in the benchmark: fixed texts, and the one word that every filter must catch."""

PIECES, PIECE_CHARACTERS = 50, 4
WORD = "噗咕榛果"  # invented, in every contestant's list

_ANSWER = "今天天气不错我们一起去公园散步然后喝茶聊天讨论技术问题"
_QUESTION = "请用三句话介绍一下北京的历史和文化特色"


def _cut(text: str, length: int) -> str:
    return (text * (length // len(text) + 1))[:length]


QUESTION = _cut(_QUESTION, 200)
ANSWER = _cut(_ANSWER, PIECES * PIECE_CHARACTERS)
CAUGHT = f"今天我们去公园看{WORD}然后喝茶"  # what the parrot says, cut in the middle of the word when it streams

# The upstream's models: one answers at once, one leaves time between pieces as a real model does, one says the word.
ECHO, PACED, PARROT = "echo", "paced", "parrot"
GAP = 0.01  # seconds between the pieces of the paced model
