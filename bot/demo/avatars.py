"""Plain avatars with an initial, so that the demo's people can be told apart at a glance."""

from io import BytesIO

from PIL import Image, ImageDraw, ImageFont
from simcord.backend.cdn import CDN_BASE

from bot.demo.server import Server

SIZE = 128
COLOURS = ("#c2573f", "#3f7fc2", "#4c9a5f", "#8a5fb8", "#b8892e", "#2f9c95", "#b85f8c", "#6b7a8f", "#7f9a3c", "#a0624a")
BOT, DESK = "#e8a33d", "#5b6472"


def dress(server: Server) -> dict[str, tuple[str, bytes]]:
    """Give everybody an avatar; return the pictures by the address under which the preview looks for them."""
    users = server.env.backend.users
    colours = {member.id: COLOURS[number % len(COLOURS)] for number, member in enumerate(server.members.values())}
    colours |= {desk.id: DESK for desk in server.desks.values()} | {server.env.backend.bot_user.id: BOT}
    pictures = {}
    for user_id, colour in colours.items():
        user = users[user_id]
        user.avatar = "initial"
        address = f"{CDN_BASE}/avatars/{user_id}/{user.avatar}.png"
        pictures[address] = (f"{user.name}.png", draw((user.global_name or user.name)[0].upper(), colour))
    return pictures


def draw(letter: str, colour: str) -> bytes:
    """Draw a letter on a coloured ground, as PNG."""
    image = Image.new("RGB", (SIZE, SIZE), colour)
    font = ImageFont.load_default(size=72)
    ImageDraw.Draw(image).text((SIZE / 2, SIZE / 2), letter, fill="white", font=font, anchor="mm")
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
