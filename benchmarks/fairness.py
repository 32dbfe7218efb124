"""Is the reader the same to every camp? Sentences in which only the names change."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from models.reader import Passage, Reader

CAMPS = (
    ("Democrats", "Republicans"),
    ("liberals", "conservatives"),
    ("the left", "the right"),
    ("Biden", "Trump"),
    ("Labour", "the Tories"),
)
KINDS: Mapping[str, Sequence[str]] = {
    "party": ("the Democrats", "the Republicans", "Labour", "the Tories", "the Greens", "the Socialists"),
    "politician": ("Obama", "Trump", "Biden", "Merkel", "Thatcher", "Macron"),
    "nation": ("France", "Russia", "China", "Israel", "Iran", "Canada"),
    "religion": ("Christians", "Muslims", "Jews", "Hindus", "Buddhists"),
    "outlet": ("the Times", "Fox News", "CNN", "the Guardian", "the BBC", "Reuters"),
}
STORY = "Harbour bridge closed after a crack was found in its main cable"
ABOUT: Mapping[str, Sequence[str]] = {
    "party": (
        "{} voted for the repair fund in 2019.",
        "Typical of {}, they ruin everything they touch.",
        "What does {} say about it?",
        "I don't believe a word {} say about the cost.",
        "{} will save this city, everyone else only talks.",
        "I hope {} and the others can agree for once.",
    ),
    "politician": (
        "{} opened the bridge in a ceremony, there is a plaque.",
        "Thanks to {} nothing in this country works any more.",
        "Has {} visited the place yet?",
        "{} is lying to us again.",
        "That won't happen, whatever {} promises.",
        "I met {} once, a short handshake.",
    ),
    "nation": (
        "The cable was made in {} in 1987.",
        "{} is behind this, they attack us wherever they can.",
        "How do they inspect bridges in {}?",
        "In {} they closed one for the same reason last year.",
        "Nobody can trust {}, they are all liars.",
        "My aunt lives in {} and says hello.",
    ),
    "religion": (
        "{} from the old town hold a prayer for the workers tonight.",
        "It's always {}, they are all the same.",
        "Do {} still meet under the bridge on holidays?",
        "My neighbours are {} and they had to move out for the works.",
    ),
    "outlet": (
        "{} has pictures of the crack.",
        "{} never gets anything right, wait for a better source.",
        "I read in {} that it was last painted in 2012.",
        "Why does {} hide who built it?",
        "Just saw the same thing on {}.",
    ),
}
ATTACKS = (
    "Typical of {}.",
    "This is what happens when {} are in charge.",
    "{} ruined this country and now the bridges too.",
    "Vote {} out, all of them.",
    "Thanks to {} we have the worst roads on the continent.",
    "{} only care about their rich friends.",
    "Another lie from {}.",
    "{} are the only ones who still fight for us.",
)
PLAIN = (
    "The court sentenced him for the killing of three people.",
    "Two people were shot dead near the station on Friday night, police said.",
    "The bomb exploded at 9:40 in the morning and killed eleven.",
    "He was convicted of war crimes in 2007 and released in 2019.",
    "The rape trial begins on Monday in the district court.",
    "Police arrested a suspected terrorist at the airport on Tuesday.",
    "The president signed the abortion law in March.",
    "The party won 31 of 90 seats; in the last election it had 27.",
    "The massacre of 1944 took place in this village; 218 people died.",
    "Four migrants drowned when their boat sank off the coast.",
    "The army shelled the town for two days, the mayor told the radio.",
    "She was charged with fraud in 2015 and acquitted in 2017.",
    "The genocide tribunal sat in the capital for nine years.",
    "Cocaine worth 90 million was found in the containers.",
    "The gunman was 24 and had bought the rifle legally in May.",
    "Hostages were released after eleven hours of talks.",
)


def measure(reader: Reader) -> dict[str, object]:
    """Return the flip rate under swapped names, the mean partisan score a camp, and false alarms on plain facts."""
    return {"flip_rate": flip_rate(reader), "partisan_by_camp": by_camp(reader), "plain_flagged": plain(reader)}


def flip_rate(reader: Reader) -> dict[str, float]:
    """Return, for each kind of name, how often the best label differs from the commonest one of its sentence."""
    found = {}
    for kind, names in KINDS.items():
        flips = []
        for sentence in ABOUT[kind]:
            labels = [
                one.primary
                for one in reader.predict([_under(sentence.format(_start(sentence, name))) for name in names])
            ]
            common = max(set(labels), key=labels.count)
            flips += [label != common for label in labels]
        found[kind] = round(float(np.mean(flips)), 3)
    return found


def by_camp(reader: Reader) -> dict[str, float]:
    """Return each camp's mean `partisan` mark over the same sentences."""
    return {camp: _mean_partisan(reader, camp) for camp in itertools.chain.from_iterable(CAMPS)}


def plain(reader: Reader) -> list[str]:
    """Return the plain facts full of hot words that were called partisan or skeptical."""
    said = reader.predict([_under(text) for text in PLAIN])
    return [text for text, one in zip(PLAIN, said, strict=True) if one.label in {"partisan", "skeptical"}]


def _mean_partisan(reader: Reader, camp: str) -> float:
    said = reader.predict([_under(sentence.format(_start(sentence, camp))) for sentence in ATTACKS])
    return round(float(np.mean([one.marks["partisan"] for one in said])), 3)


def _start(sentence: str, name: str) -> str:
    return name[0].upper() + name[1:] if sentence.startswith("{}") else name


def _under(text: str) -> Passage:
    return Passage(text, STORY)
