"""What a digest does not repeat: slurs, hatred of whole peoples, insults."""

import re

# Whole words only: "spic and span", "chink in the armour" and "flame retardant" must stay sayable.
_SLURS = re.compile(
    r"\b(?:nigg(?:er|a|ah)s?|k[iy]kes?|chinks?(?! in)|gooks?|spics?(?! and)|wetbacks?|beaners?|rag ?heads?"
    r"|towel ?heads?|sand ?nigg\w+|camel ?jockeys?|pakis?|wogs?|coons?|jigaboos?|darkies|gypp?os?|faggots?|fags?"
    r"|trann(?:y|ies)|shemales?|retard(?:s|ed)?|mongoloids?|cunts?|sluts?|whores?|libtards?|muzz?ies?|goat ?fuckers?"
    r"|zipperheads?|feminazis?|untermensch\w*|subhumans?|vermin)\b",
    re.IGNORECASE,
)
_PEOPLE = (
    r"(?:blacks|whites|jews|muslims|arabs|mexicans|latinos|asians|africans|indians|immigrants|migrants|refugees|gays"
    r"|lesbians|homosexuals|transgenders|trannies|women|christians|catholics|hindus|gypsies|foreigners)"
)
_ALL_OF_THEM = re.compile(
    rf"\b(?:all|most|these|those|the|every|no) (?:\w+ )?{_PEOPLE} (?:are|is|were|will|do|don['’]?t|have|should|must)\b"
    rf"|\b{_PEOPLE} are (?:all|nothing|animals|criminals|parasites|terrorists|rapists|savages|trash|scum|evil|sick)\b"
    rf"|\b(?:kill|deport|gas|hang|shoot|exterminate|get rid of) (?:all |the |them |every )?{_PEOPLE}\b",
    re.IGNORECASE,
)
_COARSE = re.compile(
    r"\b(?:\w*fuck\w*|\w*shit\w*|bitch\w*|ass ?holes?|bastards?|dick(?:head)?s?|pricks?|wank\w+|twats?|bollocks"
    r"|piss(?:ed)? off|morons?|idiots?|imbeciles?|scum|stfu|gtfo|douche\w*|(?:jack|dumb) ?ass\w*|perver\w+)\b"
    r"|\b(?:f\*+k?|sh\*t)",
    re.IGNORECASE,
)


def repeatable(text: str) -> bool:
    """Say whether a sentence may be quoted: no slur, no damning of a whole people."""
    return not _SLURS.search(text) and not _ALL_OF_THEM.search(text)


def coarse(text: str) -> bool:
    """Say whether a sentence swears or insults; it is quoted only where nothing better says the same."""
    return bool(_COARSE.search(text))
