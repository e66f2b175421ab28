"""HTML is cut into tags as the standard cuts it, whatever its writer or an attacker did."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.media.errors import Damaged
from sealmark.media.text import html


def _metas(markup: str) -> list[str]:
    document, _ = html.remains(markup.encode())
    return [html.attributes(document.data, tag).get("name", "") for tag in document.metas]


@pytest.mark.parametrize("before", ["", "<html><head>", "<p>", "<!doctype html><body class=x>"])
@pytest.mark.parametrize(
    ("markup", "names"),
    [
        ("<meta name=a>", ["a"]),
        ("<META NAME='a' />", ["a"]),
        ('<meta\nname = "a">', ["a"]),
        ("<meta name=a name=b>", ["a"]),
        ("<meta/name=a>", ["a"]),
        ("<meta content='>' name=a>", ["a"]),
        ("<p title=it's><meta name=a>", ["a"]),
        ("<p \"'><meta name=a>", ["a"]),
        ('<p title="<!--"><meta name=a>', ["a"]),
        ("<p title='\"'><meta name=a>", ["a"]),
        ("<p =x><meta name=a>", ["a"]),
        ("<p title=><meta name=a>", ["a"]),
        ("<!-- <meta name=no> --><meta name=a>", ["a"]),
        ("<!--><meta name=a>", ["a"]),
        ("<!---><meta name=a>", ["a"]),
        ("<!-- --!><meta name=a>", ["a"]),
        ("<!-- a--b ---><meta name=a>", ["a"]),
        ("<? <meta name=no><meta name=a>", ["a"]),
        ("</ <meta name=no><meta name=a>", ["a"]),
        ("<script>'<meta name=no>'</script><meta name=a>", ["a"]),
        ("<SCRIPT type=x>'</scripty><meta name=no>'</sCRIPT\n><meta name=a>", ["a"]),
        ("<script><!-- <script> </script> <meta name=no> --></script><meta name=a>", ["a"]),
        ("<script><!--> <script> </script><meta name=a>", ["a"]),
        ("<script><!-- </script><meta name=a>", ["a"]),
        ("<style>/*<meta name=no>*/</style><meta name=a>", ["a"]),
        ("<title><meta name=no></title><meta name=a>", ["a"]),
        ("<textarea><meta name=no></textarea><meta name=a>", ["a"]),
        ("<noscript><meta name=a></noscript>", ["a"]),
        ("a < b <meta name=a> <3", ["a"]),
        ("<metas name=no><meta-x name=no>", []),
        ("</meta name=no>", []),
        ("<plaintext><meta name=no>", []),
        ("<meta name=&#97;&amp;&copy=&copyx&copy;&notit;>", ["a&&copy=&copyx©&notit;"]),
    ],
)
def test_tags_are_where_a_browser_sees_them(before: str, markup: str, names: list[str]) -> None:
    """13.2.5: quotes, comments, scripts, raw text, references, upper case, in the head and behind it."""
    assert _metas(before + markup) == names


@pytest.mark.parametrize(
    ("markup", "begin"),
    [
        ("|<p>", ""),
        ("|words<meta charset=utf-8>", ""),
        ("<!-- c --><!doctype html>|<title>a</title>", ""),
        ("<!doctype html><html lang=zh><head>|<title>a</title></head>", ""),
        ("<html><head><title>a</title><meta charset='UTF-8'>|<link></head>", ""),
        ("<title>a</title><meta http-equiv=Content-Type content='text/html; charset=gbk'>|", "gbk"),
        ("<html>|<body><meta charset=gbk>", ""),
        ("<head>|</head><meta charset=gbk>", ""),
        ("<?xml version='1.0' encoding='iso-8859-1'?>|<p/>", "iso-8859-1"),
        ("<?xml version='1.0'?><html><head>|<title/><script src='a'/><meta name='a'/></head></html>", ""),
        ("\ufeff|<p>", ""),
    ],
)
def test_where_the_head_may_take_a_first_element(markup: str, begin: str) -> None:
    """Behind document type, html, head, and the declaration of the encoding; else at the start."""
    document = html.parse(markup.replace("|", "").encode())
    assert document.begin == len(markup.partition("|")[0].encode())
    assert document.encoding == (begin or ("UTF-8" if "UTF-8" in markup else "utf-8"))


@pytest.mark.parametrize("rest", ["<meta name=a", "<meta content='", "<!-- ", "<script>a", "<title>a</titl", "<!doc"])
def test_markup_that_does_not_end_is_damage(rest: str) -> None:
    """A document that is cut inside its markup says so."""
    for before in ("", "<html><body>"):
        with pytest.raises(Damaged):
            html.parse((before + rest).encode())


class _Peer(HTMLParser):
    """The standard library's reader, as a witness."""

    def __init__(self) -> None:
        super().__init__()
        self.metas: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "meta":
            self.metas.append(dict(reversed(attrs)).get("name") or "")


SCRIPT = "<script>if(a<b){'<meta name=no>'}</script>"
PARTS = st.sampled_from(
    ("<meta name=a>", '<meta name="b c">', "<p class='x'>", "</p>", "<!-- <meta name=no> -->", "words", " ", "<br/>")
) | st.sampled_from((SCRIPT, "<style>a>b{}</style>", "<title>&lt;</title>", "<html>", "<head>"))


@given(st.lists(PARTS, max_size=12).map("".join))
def test_ordinary_markup_reads_as_the_peer_reads_it(markup: str) -> None:
    """On markup without tricks an independent parser sees the same elements."""
    peer = _Peer()
    peer.feed(markup)
    assert _metas(markup) == peer.metas


@settings(max_examples=300)
@given(st.text(alphabet=list("<>!-/='\" \nametscripl&"), max_size=60))
def test_any_markup_is_read_alike_before_and_behind_the_head(markup: str) -> None:
    """The fast way through a body takes no other cut than the slow way through a head, and nothing raises."""
    assert _metas(markup) == _metas("<b>" + markup)


HOSTILE = [
    b"<" * 2_000_000,
    b"<a " * 500_000,
    b"<a '" * 500_000,
    b"<!--" * 500_000,
    b"<script>" * 200_000,
    b"<script><!--" * 200_000,
    b"<p a" + b"=" * 2_000_000,
    b"<meta>" * 200_000,
    b"<title></titl" * 200_000,
    b"</" * 1_000_000,
    b"<meta " + b"a=b " * 500_000,
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
@pytest.mark.parametrize("before", [b"", b"<!doctype html><p>"])
def test_markup_without_end_takes_linear_time(number: int, before: bytes) -> None:
    """No pattern goes back and forth over what an attacker made long."""
    began = time.process_time()
    html.remains(before + HOSTILE[number])
    html.is_html(before + HOSTILE[number])
    assert time.process_time() - began < 3
