import pytest

from spokes.handles import address_of, bare_handle, platform_of, recognised


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("@x", "x"),
        ("x", "x"),
        (" @x \u200b", "x"),
        ("https://www.instagram.com/larkfield/", "larkfield"),
        ("www.facebook.com/pages/Larkfield", "Larkfield"),
        ("https://www.linkedin.com/company/larkfield/", "larkfield"),
        ("https://www.youtube.com/channel/UCGdrLQbt1PYDTPsampx4t1A", "UCGdrLQbt1PYDTPsampx4t1A"),
        ("tiktok.com/@larkfield", "larkfield"),
        ("https://larkfield.example", "larkfield.example"),
        ("http://[half", ""),
        ("https:///", ""),
        (None, ""),
    ],
)
def test_a_handle_is_bare(text, handle):
    assert bare_handle(text) == handle


@pytest.mark.parametrize(
    ("url", "platform"),
    [
        ("https://twitter.com/x", "x"),
        ("https://mobile.twitter.com/x", "x"),
        ("m.facebook.com/x", "facebook"),
        ("https://de-de.facebook.com/x", "facebook"),
        ("https://town.social/@name", "mastodon"),
        ("https://notfacebook.com/x", None),
        ("https://[broken", None),
        ("", None),
    ],
)
def test_an_address_tells_its_platform(url, platform):
    assert platform_of(url) == platform


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("instagram.com/lark", ("instagram", "lark", "https://instagram.com/lark")),
        ("https://Town.Social/@name", ("mastodon", "name@town.social", "https://Town.Social/@name")),
        ("@name@Town.Social", ("mastodon", "name@Town.Social", "https://town.social/@name")),
        ("@lark", (None, "lark", "")),
        ("", (None, "", "")),
    ],
)
def test_what_is_pasted_is_recognised(text, found):
    assert recognised(text) == found


@pytest.mark.parametrize(
    ("platform", "handle", "url"),
    [
        ("x", "lark", "https://x.com/lark"),
        ("youtube", "lark", "https://www.youtube.com/@lark"),
        ("youtube", "UCGdrLQbt1PYDTPsampx4t1A", "https://www.youtube.com/channel/UCGdrLQbt1PYDTPsampx4t1A"),
        ("mastodon", "a@b.social", "https://b.social/@a"),
        ("blog", "lark", ""),
    ],
)
def test_a_handle_tells_its_address_where_that_is_certain(platform, handle, url):
    assert address_of(platform, handle) == url
