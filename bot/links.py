"""Links in texts, and the one form of an address under which the same page is recognised."""

import re
from collections.abc import Iterable
from functools import cache
from urllib.parse import parse_qsl, urlencode, urlsplit

from courlan import clean_url
from linkify_it import LinkifyIt

# What counts visits says nothing about the page.
_TRACKING = ("utm_", "fbclid", "gclid", "mc_", "igshid", "ref_src", "ref_url", "cmpid", "s_cid", "ocid", "smid", "at_")
_ADDRESS = re.compile(r"://|\S\.\S")
_ENDING = {ord(mark): f"%{ord(mark):02X}" for mark in '()<>[]\\"`|*'}
_HOST_PREFIXES = ("www.", "m.", "mobile.", "amp.")
# Places to talk in, what is uploaded there, and moving pictures: no page of news, and shared under a hundred claims.
_NO_PAGES = ("discord.com", "discord.gg", "discordapp.com", "discordapp.net", "tenor.com", "giphy.com")


@cache
def finder() -> LinkifyIt:
    """Give the one finder of links, made when it is first needed."""
    return LinkifyIt(options={"fuzzy_email": False, "fuzzy_ip": False})


def find_links(text: str) -> list[str]:
    """Return the http(s) addresses in a text, in order, each once."""
    if not _ADDRESS.search(text):
        return []  # most messages hold none, and the finder is slow
    found = finder().match(text) or []
    return list(dict.fromkeys(link.url for link in found if link.url.lower().startswith(("http://", "https://"))))


def canonical_url(url: str) -> str | None:
    """Return an address without scheme, tracking, fragment and mobile prefixes; None when it is none.

    Two addresses of one page give the same text. Shorteners are not followed: nothing is fetched.
    """
    cleaned = clean_url(url)
    if not cleaned:
        return None
    try:
        parts = urlsplit(cleaned)
        host = (parts.hostname or "").removesuffix(".")
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or "." not in host:
        return None
    for prefix in _HOST_PREFIXES:
        host = host.removeprefix(prefix)
    kept = sorted((key, value) for key, value in parse_qsl(parts.query) if not key.lower().startswith(_TRACKING))
    path = parts.path.rstrip("/").removesuffix("/amp")
    return host + path + (f"?{urlencode(kept)}" if kept else "")


def in_markup(url: str) -> str:
    """Give an address as it can stand in a link of Discord's markup, which these marks would end."""
    return "".join(url.split()).translate(_ENDING)


def shared_pages(text: str) -> tuple[str, ...]:
    """List the pages that a text links to, each once, in the form in which two addresses of one page are equal."""
    return pages(find_links(text))


def pages(addresses: Iterable[str | None]) -> tuple[str, ...]:
    """List those of some addresses that name a page, each once, in that form."""
    found = (canonical_url(address) for address in addresses if address)
    return tuple(dict.fromkeys(page for page in found if page and names_a_page(page)))


def names_a_page(address: str) -> bool:
    """Say whether an address in that form leads to a page of its own: to no front page, chat or moving picture."""
    host = re.split(r"[/?]", address, maxsplit=1)[0]
    return host != address and not any(host == one or host.endswith(f".{one}") for one in _NO_PAGES)
