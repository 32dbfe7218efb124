"""Objects of an import → fact-checks: ClaimReview (schema.org) as publishers write it, or plain named fields."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.errors import RowError
from bot.jsonl import Day, row_error
from bot.links import canonical_url, in_markup
from bot.records import FactCheck

LONGEST = 4000  # characters of a claim
LONGEST_URL = 500
LONGEST_WORDS = 1000  # characters of a title or a rating
HOLDERS = ("dataFeedElement", "@graph", "item")
_ARCHIVED = re.compile(r"https?://web\.archive\.org/web/\w+/(?=https?://)", re.IGNORECASE)


def _first(value: object) -> object:
    """Take a value out of what JSON-LD may wrap it in: a list, or an object with `@value`."""
    while isinstance(value, list):
        value = value[0] if value else None
    return value["@value"] if isinstance(value, dict) and "@value" in value else value


def _named(value: object) -> object:
    """Give the name of an organisation or person, else where they are on the web."""
    value = _first(value)
    if not isinstance(value, dict):
        return value
    return _first(value.get("name")) or value.get("url") or ""


def _words(value: object) -> object:
    """Write a number as a text, and every text without needless spaces."""
    value = _first(value)
    if isinstance(value, float):
        value = f"{value:g}"
    elif isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return " ".join(value.split()) if isinstance(value, str) else value


def _something(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


@lru_cache(maxsize=64)
def _page(url: str) -> str | None:
    """Give the one form of an address; of a copy in the Internet Archive, that of what it was made from."""
    return canonical_url(_ARCHIVED.sub("", url))


def _address(url: str) -> str:
    if not url.lower().startswith(("http://", "https://")) or _page(url) is None:
        raise ValueError("is no address of a page; write it as https://example.org/page")
    if len(in_markup(url)) > LONGEST_URL:
        raise ValueError(f"is longer than {LONGEST_URL} characters; give the page's short address")
    return url


def _either(*names: str) -> AliasChoices:
    """Take any of some names, in a table's small letters, too: textualRating, textualrating, textual_rating."""
    parted = (re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower() for name in names)
    return AliasChoices(*dict.fromkeys((*names, *(name.lower() for name in names), *parted)))


Words = Annotated[str, Field(max_length=LONGEST_WORDS), BeforeValidator(_words)]
OptionalWords = Annotated[
    str, Field(max_length=LONGEST_WORDS), BeforeValidator(lambda value: "" if value is None else _words(value))
]
Needed = Annotated[Words, AfterValidator(_something)]
ClaimText = Annotated[str, Field(max_length=LONGEST), AfterValidator(_something), BeforeValidator(_words)]
Address = Annotated[str, AfterValidator(_address), BeforeValidator(_first)]
Name = Annotated[OptionalWords, BeforeValidator(_named)]
Published = Annotated[Day, BeforeValidator(_first)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Plain(_Part):
    """Name the fields as people name their columns."""

    claim: ClaimText = Field(validation_alias=_either("claim", "text", "claimReviewed", "claim_text"))
    rating: Needed = Field(validation_alias=_either("rating", "label", "verdict", "textualRating"))
    url: Address = Field(validation_alias=_either("url", "link"))
    publisher: Name = Field("", validation_alias=_either("publisher", "site", "organization"))
    title: OptionalWords = Field("", validation_alias=_either("title", "headline"))
    date: Published = Field(None, validation_alias=_either("date", "reviewDate", "datePublished", "published"))


class _Rating(_Part):
    alternateName: OptionalWords = ""  # noqa: N815 - schema.org's names
    ratingValue: OptionalWords = ""  # noqa: N815
    bestRating: OptionalWords = ""  # noqa: N815

    @property
    def in_words(self) -> str:
        if self.alternateName or not self.ratingValue:
            return self.alternateName
        return f"{self.ratingValue} of {self.bestRating}" if self.bestRating else self.ratingValue


class _ClaimReview(_Part):
    claimReviewed: ClaimText  # noqa: N815
    reviewRating: Annotated[_Rating, BeforeValidator(_first)]  # noqa: N815
    url: Address
    author: Name = ""
    publisher: Name = ""
    headline: OptionalWords = Field("", validation_alias=AliasChoices("headline", "name"))
    datePublished: Published = None  # noqa: N815


def reviews_in(value: object) -> Iterator[object]:
    """Give what a feed, a graph or a list holds, however deep; things that are no reviews are passed over."""
    if isinstance(value, list):
        for each in value:
            yield from reviews_in(each)
    elif isinstance(value, dict) and any(name in value for name in HOLDERS):
        for name in HOLDERS:
            yield from reviews_in(value.get(name) or [])
    elif not isinstance(value, dict) or _is_review(value) or "@type" not in value:
        yield value


def to_fact_check(value: object, where: str) -> FactCheck:
    """Make a fact-check of one object; raise `RowError` for the first field that does not fit."""
    if not isinstance(value, dict):
        raise RowError(f"{where}: must be an object with claim, rating and url")
    try:
        return _reviewed(value, where) if _is_review(value) else _named_plainly(value)
    except ValidationError as error:
        raise row_error(error, where) from None


def _is_review(value: Mapping[str, Any]) -> bool:
    kind = value.get("@type", "")
    return "ClaimReview" in kind if isinstance(kind, list | str) and kind else "reviewRating" in value


def _named_plainly(value: object) -> FactCheck:
    row = _Plain.model_validate(value)
    return _made(row.url, row.claim, row.title, row.publisher, row.rating, row.date)


def _reviewed(value: object, where: str) -> FactCheck:
    row = _ClaimReview.model_validate(value)
    rating = row.reviewRating.in_words
    if not rating:
        raise RowError(f"{where}: field 'reviewRating.alternateName': is missing; add it")
    return _made(row.url, row.claimReviewed, row.headline, row.author or row.publisher, rating, row.datePublished)


def _made(url: str, claim: str, title: str, publisher: str, rating: str, published: Any) -> FactCheck:
    page = _page(url) or ""  # never None: the address was checked
    site = canonical_url(publisher) if "://" in publisher else None
    named = site or publisher or page.partition("/")[0]
    return FactCheck(0, page, claim, "" if title == claim else title, named, rating, url, published)
