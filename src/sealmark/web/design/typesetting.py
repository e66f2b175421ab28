"""Chinese sentences as they are printed: full-width punctuation where a Chinese character stands beside it."""

import re

_HAN = r"\u2e80-\u9fff\uf900-\ufaff\u3000-\u303f\uff00-\uffef"
_FULL = str.maketrans(",;:?!", "，；：？！")
_PAIR = re.compile(rf"(?P<before>[{_HAN}]?)\((?P<inside>[^()]*)\)(?=(?P<after>[{_HAN}]?))")
_SINGLE = re.compile(rf"(?<=[{_HAN}])[,;:?!] ?|[,;:?!](?=[{_HAN}])")
_CHINESE = re.compile(rf"[{_HAN}]")


def typeset(text: str) -> str:
    """The text with Chinese punctuation; other text is left as it is."""
    paired = _PAIR.sub(_brackets, text)
    return _SINGLE.sub(lambda mark: mark.group().rstrip().translate(_FULL), paired)


def _brackets(pair: re.Match[str]) -> str:
    if not pair["before"] and not pair["after"] and not _CHINESE.search(pair["inside"]):
        return pair.group()
    return f"{pair['before']}（{pair['inside']}）"
