import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.search import tokens


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Policies and POLICY", "en", ["polici", "and", "polici"]),
        ("Résumé", "en", ["resum"]),
        ("organisers organizer organising", "en", ["organiz", "organiz", "organiz"]),
        ("favourite favorite colour color", "en", ["favorit", "favorit", "color", "color"]),
        ("cancelled canceled", "en", ["cancel", "cancel"]),
        ("e-mail", "en", ["e", "mail", "email"]),
        ("don't", "en", ["don", "dont"]),
        ("the team’s plan", "en", ["the", "team", "plan"]),
        ("l'image des réseaux", "fr", ["l", "imag", "de", "reseau"]),
        ("Veröffentlichungen", "de", ["veroffentlich"]),
        ("publicaciones", "es", ["public"]),
        ("المُسَاعَدَة", "ar", tokens.tokens("المساعدة", "ar")),
        ("行動規範", "ja", ["行動", "動規", "規範"]),
        ("SNSの規", "ja", ["sns", "の規"]),
        ("สวัสดี", "th", ["สว", "วั", "ัส", "สด", "ดี"]),
        ("ﬁne ＦＵＬＬ", "xx", ["fine", "full"]),
        ("#hashtag @handle 2FA", "xx", ["hashtag", "handle", "2fa"]),
        ("NEAR(a b) OR \"x\"* ^y -z {t}: 'q'", "xx", ["near", "a", "b", "or", "x", "y", "z", "t", "q"]),
    ],
)
def test_words_become_tokens(text, language, expected):
    assert tokens.tokens(tokens.clean(text), language) == expected


@given(st.text(max_size=300), st.sampled_from(["en", "fr", "ar", "ja", "hi", "xx"]))
def test_a_token_is_safe_to_quote_for_both_engines(text, language):
    for token in tokens.tokens(tokens.clean(text), language):
        assert 0 < len(token) <= tokens.MAX_TOKEN
        assert not set(token) & set("'\"\\:*|&!()<> \x00")


def test_clean_leaves_text_that_a_database_stores():
    assert tokens.clean("a\x00b\ud800c\u00add\u202ee\u200bf") == "abcde f"
    tokens.clean("".join(map(chr, range(0, sys.maxunicode, 7)))).encode()
