"""A long message makes several claims: a card is about one of them, wherever in the text it stands."""

import discord

from tests.cogs.test_context import RATED, cards_in, imported, text_of, told
from tests.conftest import World

CLAIM = "The harbour bridge at Quellhaven was announced to open next spring."
OTHER = "A battery plant near Orvela was announced to close at midsummer."
TALK = (
    "Good morning to all of you who are up already.",
    "Yesterday I walked along the river with my two dogs again.",
    "Nobody there seemed to mind that it rained for hours.",
    "Later we sat in the kitchen and talked about old times.",
)


def essay(*claims: str, link: str = "") -> str:
    """Put claims between small talk; each sentence stands in a line of its own."""
    return "\n".join([*TALK[:2], *claims, *TALK[2:], link]).strip()


def quoted(card: discord.Message) -> list[str]:
    """List what a card quotes."""
    return [line.removeprefix("> ") for line in text_of(card).splitlines() if line.startswith("> ")]


async def test_claim_in_the_middle_of_a_long_message_is_found_and_quoted(world: World) -> None:
    await world.watch()
    (first,) = await told(world, 0, text=essay(OTHER, CLAIM, link="https://diary.example/monday"))
    (second,) = await told(world, 9, text=f"{CLAIM} https://wire.example/bridge")
    (card,) = cards_in(world)
    assert card.reference.message_id == second.id
    assert f"/{first.id})" in text_of(card)
    assert quoted(card) == [CLAIM]


async def test_long_message_asks_with_each_of_its_claims(world: World) -> None:
    await world.watch()
    told_before = [
        (await told(world, 1, text=f"{text} https://wire.example/{name}"))[0]
        for name, text in (("bridge", CLAIM), ("plant", OTHER))
    ]
    await told(world, 9, text=essay(OTHER, CLAIM, link="https://diary.example/monday"))
    (card,) = cards_in(world)
    assert quoted(card) == [CLAIM, OTHER]
    assert all(f"/{sent.id})" in text_of(card) for sent in told_before)


async def test_small_talk_that_two_long_messages_share_is_no_claim(world: World) -> None:
    await world.watch()
    await told(world, 0, text=essay(CLAIM, link="https://diary.example/monday"))
    await told(world, 9, text=essay(OTHER, link="https://diary.example/tuesday"))
    assert not cards_in(world)


async def test_fact_check_of_a_claim_in_a_long_message_is_found(world: World) -> None:
    await world.watch()
    await imported(world)
    await told(world, 0, text=essay(OTHER, CLAIM, link="https://diary.example/monday"))
    (card,) = cards_in(world)
    assert RATED in text_of(card)
    answer = await world.member.slash(world.news, "context", message=essay(OTHER, CLAIM))
    assert RATED in text_of(answer.response.message)
