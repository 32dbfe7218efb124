"""Digests as people read them: sections, citations that jump to their messages, pages, buttons, plain answers.

Every line that shows somebody's words ends with the links of the messages that it cites. `trim` relies on it: when a
message is gone, the lines with its link are taken out of a digest that is already posted.

What members wrote stands in their words; what is said around it is in the language that is spoken, or, where it is
only ever said to everybody, in English.
"""

import io
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import discord

from bot.digest import Digest, LeftOut, Point
from bot.discussion import Mode, Scope
from bot.languages import N_, _, decimal, ngettext
from bot.render import charts
from bot.render.layout import Layout
from bot.render.text import ACCENT, clip, jump, quote
from bot.writer import Wording

MARKS = {"reported": "📰", "doubt": "🤨", "fact": "📎", "position": "💬", "unanswered": "❓"}
HEADINGS = {
    "reported": N_("Reported"),
    "doubt": N_("Doubts"),
    "fact": N_("Added facts and sources"),
    "position": N_("Positions"),
    "unanswered": N_("Unanswered"),
}
PRESS = (
    r"digest:(?P<action>refresh|share|page):(?P<scope>[snf]\d{1,20}\.\d{1,20}):(?P<page>\d{1,3}):(?P<asker>\d{1,20})"
)
STORY_PRESS = r"told:(?P<id>\d{1,19}):refresh"
STORY_KIND = "told"
PAGE = 3_000  # characters of sections on a page; a message holds 4,000 with title and foot
SENTENCE = 420
HEADLINE = 100
WRITING = "📝 Writing a digest …"
OUTDATED = N_("✏️ a cited message was edited since: press Refresh")

Text = discord.ui.TextDisplay

_LINK = re.compile(r"https://discord\.com/channels/\d+/\d+/(\d+)")
_FOOT = "-# "
_HEADING = "**"
_TITLE = "###"


@dataclass(frozen=True, slots=True)
class Shown:
    """Say how a digest is shown: which page, to whom, and what the buttons offer.

    `shared` is the address of the public copy; `outdated` is set when a cited message was edited since.
    `story_digest` is the row of one that nobody asked for.
    """

    asker_id: int
    page: int = 0
    public: bool = False
    shared: str | None = None
    outdated: bool = False
    story_digest: int | None = None


def digest_view(digest: Digest, shown: Shown, *, picture: bool = False) -> Layout:
    """Show a digest, or say why there is none; with `picture`, its chart is attached under `charts.NAME`."""
    if not digest.points:
        body: list[discord.ui.Item[Any]] = [Text(f"{_title(digest)}\n{nothing(digest)}"), Text(_foot(digest, shown, 1))]
    else:
        pages = _pages(digest)
        page = min(shown.page, len(pages) - 1)
        body = [Text(_title(digest)), *map(Text, pages[page])]
        if picture and page == 0:
            body.append(_gallery(digest))
        body.append(Text(_foot(digest, shown, len(pages))))
    return Layout(discord.ui.Container(*body, _buttons(digest, shown), accent_color=ACCENT))


def being_written(story_digest: int) -> Layout:
    """Hold the place of a story's digest; the button tells after a crash whose it is."""
    return Layout(Text(WRITING), discord.ui.ActionRow(_refresh(story_digest)))


def notice(text: str) -> Layout:
    """Say one thing."""
    return Layout(Text(clip(text, 2_000)))


def files(view: Layout, picture: bytes | None) -> list[discord.File]:
    """Give what is attached to a view: its picture, where it shows one."""
    if picture is None or not has_picture(view):
        return []
    return [discord.File(io.BytesIO(picture), charts.NAME)]


def has_picture(view: Layout) -> bool:
    """Say whether a view shows a picture."""
    return any(isinstance(item, discord.ui.MediaGallery) for item in view.walk_children())


def progress(done: int, total: int) -> Layout:
    """Say how far the reading has come."""
    if not total:
        return notice(_("🔎 Looking through the messages …"))
    return notice(_("🔎 Read {done} of {total} messages …").format(done=decimal(done), total=decimal(total)))


def nothing(digest: Digest) -> str:
    """Say in a friendly line why a digest has no sentence."""
    left = digest.left_out
    if digest.read and digest.read >= left.foreign:
        return _("Nothing here that a summary should repeat: reactions, asides and short remarks.")
    if left.foreign:
        return _("So far I can only summarize English; these messages are in other languages.")
    if left.wordless:
        return _("Only pictures, links and emoji so far: no words that I could summarize.")
    if left.opted_out:
        return _("All messages here are by members who have opted out of being read.")
    if digest.scope.mode is Mode.STORY and digest.cut:
        return _("So much was said here since that I found no answer to this story. Try `/summarize since:2h`.")
    if digest.scope.mode is Mode.STORY:
        return _("Nobody has answered this story yet. For what was said before it, try `/summarize last:100`.")
    return _("No messages there. Try a longer time, or `/summarize last:100`.")


def trim(message: discord.Message, cited: Collection[int]) -> Layout | None:
    """Give a posted digest without the lines that cite anything but `cited`; None when all may stay."""
    view = discord.ui.LayoutView.from_message(message, timeout=None)
    changed = False
    for item in list(view.walk_children()):
        if isinstance(item, Text):
            content = _trimmed(item.content, cited)
            changed |= content != item.content
            item.content = content
    if not changed:
        return None
    return _rebuilt(view)


def outdate(message: discord.Message) -> Layout | None:
    """Give a posted digest with the note that a cited message was edited; None when the note is there."""
    view = discord.ui.LayoutView.from_message(message, timeout=None)
    foots = [item for item in view.walk_children() if isinstance(item, Text) and item.content.startswith(_FOOT)]
    if not foots or OUTDATED in foots[-1].content:
        return None
    foots[-1].content += f" · {OUTDATED}"
    return _rebuilt(view)


def _rebuilt(view: discord.ui.LayoutView) -> Layout:
    """Give the items of a posted digest anew, without empty texts, with its picture where it was."""
    for box in view.children:
        if isinstance(box, discord.ui.Container):
            for item in [each for each in box.children if isinstance(each, Text) and not each.content]:
                box.remove_item(item)
    texts = [item.content for item in view.walk_children() if isinstance(item, Text)]
    if not any(_LINK.search(text) for text in texts if not text.startswith(_TITLE)):
        return notice("The messages that this digest quoted are gone.")
    for item in view.walk_children():
        if isinstance(item, discord.ui.MediaGallery):
            alt = item.items[0].description
            item.items = [discord.MediaGalleryItem(f"attachment://{charts.NAME}", description=alt)]
    items = view.children
    view.clear_items()
    return Layout(*items)


def _trimmed(content: str, cited: Collection[int]) -> str:
    lines = [line for line in content.split("\n") if {int(found) for found in _LINK.findall(line)} <= set(cited)]
    if lines and all(line.startswith(_HEADING) and not _LINK.search(line) for line in lines):
        return ""
    return "\n".join(lines)


def _title(digest: Digest) -> str:
    if digest.headline is not None:
        (story_id,) = digest.headline.cites
        link = jump(digest.guild_id, digest.sources[story_id].channel_id, story_id)
        told = quote(digest.headline.text.translate(str.maketrans("[]", "()")), HEADLINE)
        return f"### [{told or _('the story')}]({link})"
    match digest.scope.mode:
        case Mode.LAST:
            return _("### The latest messages")
        case Mode.FROM:
            began = discord.utils.format_dt(discord.utils.snowflake_time(digest.scope.value), "f")
            return _("### Since {time}").format(time=began)
        case Mode.STORY:
            return _("### The discussion so far")


def _pages(digest: Digest) -> list[list[str]]:
    """Lay the sections out on pages, each a list of texts that fit a message together."""
    numbers = {
        message_id: number
        for number, message_id in enumerate(
            dict.fromkeys(cited for point in digest.points for cited in point.cites), start=1
        )
    }
    if len(digest.points) == 1:
        return [[_line(digest, digest.points[0], numbers)]]
    pages: list[list[str]] = [[]]
    room = PAGE
    for section in digest.sections:
        heading = f"**{MARKS[section.kind]} {_(HEADINGS[section.kind])}**"
        block = ""
        for point in section.points:
            who = _who(digest, point) if section.kind == "position" else "{text}"
            line = f"- {who.format(text=_line(digest, point, numbers))}"
            if len(line) + len(heading) + 2 > room:
                pages[-1] += [block] if block else []
                pages.append([])
                room, block = PAGE, ""
            added = f"\n{line}" if block else f"{heading}\n{line}"
            block += added
            room -= len(added)
        pages[-1].append(block)
    return pages


def _who(digest: Digest, point: Point) -> str:
    """Say whether one person holds a position or several do; never who or how many."""
    if not point.text.startswith("“"):
        return "{text}"
    single = len({digest.sources[cited].author_id for cited in point.cites}) == 1
    return _("One: {text}") if single else _("Several: {text}")


def _line(digest: Digest, point: Point, numbers: dict[int, int]) -> str:
    links = (
        f"[[{numbers[cited]}]]({jump(digest.guild_id, digest.sources[cited].channel_id, cited)})"
        for cited in point.cites
    )
    return f"{quote(point.text, SENTENCE)} {' '.join(links)}"


def _foot(digest: Digest, shown: Shown, pages: int) -> str:
    read = ngettext("{number} message", "{number} messages", digest.read).format(number=decimal(digest.read))
    parts = [_cut(digest).format(messages=read) if digest.cut else read]
    if digest.span is not None:
        began, ended = (discord.utils.format_dt(moment, "f") for moment in digest.span)
        parts.append(began if began == ended else f"{began} – {ended}")
    parts += _left_out(digest.left_out)
    parts += _worded(digest.wording)
    if pages > 1:
        turned = _("page {page} of {pages}").format(page=min(shown.page + 1, pages), pages=pages)
        parts.append("more with `/summarize`" if shown.public else turned)
    if shown.shared:
        parts.append(_("[shared here]({link})").format(link=shown.shared))
    if shown.story_digest is not None:
        parts.append("made by itself, and again when people go on")
    if shown.outdated:
        parts.append(_(OUTDATED))
    return _FOOT + " · ".join(parts)


def _cut(digest: Digest) -> str:
    """Say that there is more; what is found of a story far back in its channel need not be the newest."""
    return _("{messages}, not all") if digest.scope.mode is Mode.STORY else _("the newest {messages}")


def _left_out(left: LeftOut) -> list[str]:
    parts = []
    if left.opted_out:
        parts.append(_("some left out, whose writers opted out"))
    if left.foreign:
        parts.append(_("{number} in other languages").format(number=decimal(left.foreign)))
    if left.wordless:
        parts.append(_("{number} without words").format(number=decimal(left.wordless)))
    return parts


def _worded(wording: Wording | None) -> list[str]:
    """Say who worded a digest, where texts were sent for that, and what of it does not stand."""
    if wording is None:
        return []
    host = discord.utils.escape_markdown(clip(wording.host or "", 60)).replace("://", "")
    sent = _("the cited messages were sent to {host}").format(host=host) if host else _("on the bot's own machine")
    if wording.failed:
        said = _("in members' own words, the writer failed: {why} ({sent})")
        return [said.format(why=_(wording.failed), sent=sent)]
    said = _("worded by a model ({sent})").format(sent=sent)
    if wording.dropped:
        rest = _("{number} of its sentences left out, no message says so").format(number=wording.dropped)
        said = f"{said}; {rest}"
    return [said]


def _gallery(digest: Digest) -> discord.ui.MediaGallery[Any]:
    words = clip(charts.describe(digest.course), 1_000)
    return discord.ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{charts.NAME}", description=words))


def _buttons(digest: Digest, shown: Shown) -> discord.ui.ActionRow[Any]:
    def button(label: str, action: str, page: int) -> discord.ui.Button[Any]:
        return discord.ui.Button(label=label, custom_id=button_id(action, digest.scope, page, shown.asker_id))

    if shown.story_digest is not None:
        return discord.ui.ActionRow(_refresh(shown.story_digest))
    row: list[discord.ui.Button[Any]] = []
    pages = len(_pages(digest)) if digest.points else 1
    if pages > 1 and not shown.public:
        following = (shown.page + 1) % pages
        turn = _("Page {page} of {pages} ▸").format(page=following + 1, pages=pages)
        row.append(button(turn, "page", following))
    row.append(button(_("Refresh"), "refresh", 0))
    if digest.points and not shown.public and shown.shared is None:
        row.append(button(_("Share in channel"), "share", 0))
    return discord.ui.ActionRow(*row)


def _refresh(story_digest: int) -> discord.ui.Button[Any]:
    return discord.ui.Button(label="Refresh", custom_id=f"{STORY_KIND}:{story_digest}:refresh")


def button_id(action: str, scope: Scope, page: int, asker_id: int) -> str:
    """Give the custom id of a button: all that is needed to answer it after a restart."""
    return f"digest:{action}:{scope}:{page}:{asker_id}"
