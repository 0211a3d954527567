"""Every number that decides the order of results, in one place.

First look, in the database: a word counts where it is found best (`TITLE` beats `HEADING` beats `KEY`, words the
document keeps coming back to, beats `BODY`) times its rarity; the sum is cut where the question is only partly held.
Second look, at the best SECOND_LOOK documents:

    (FIRST x the first look + PASSAGE x the best passage) x the share of the question it holds, to the power HELD
    + the question's whole weight x (TITLE_WHOLE x how nearly the title is the question + TITLE_IN_FULL where the
      title has every word typed, little ones too + FRESH x freshness
      - FADED where nobody has vouched for it in a long time)

The first look already holds the priors VERIFIED and POPULAR.
"""

# Where a word was found.
TITLE = 4.0
HEADING = 2.0
KEY = 1.8
BODY = 1.0

# How it was found: as typed, by a synonym, by putting a typing error right, by finishing the last word.
TYPED = 1.0
SYNONYM = 0.6
CORRECTED = 0.85
FINISHED = 0.75
# What a word counts that no document everybody may find holds. Of two characters side by side most mean nothing.
UNKNOWN = 0.8
UNKNOWN_PAIR = 0.1

# The share of the question's weight that a document must hold to be found at all when few hold all of it.
LEAST_COVERAGE = 0.05
# When at least so many documents hold every word, documents that hold only some are left out.
ENOUGH_WITH_ALL = 25
# When the words' frequencies foretell so many with every word, the others are not even looked for.
PLENTY = 100

# The second look, passage by passage.
FIRST = 0.15
PASSAGE = 2.0
PASSAGE_HEADING = 1.6
# A word said again counts on, less each time (Okapi's k1).
OFTEN = 1.5
# What the document's title says counts for each of its passages, by this share.
PASSAGE_TITLE = 0.7
# A document that holds only a share of the question is cut to that share, to this power.
HELD = 1.0
# A document that holds every word as typed counts so many times; and so many times when the first look chooses whom
# the second looks at.
EVERY = 1.5
EVERY_FIRST = 2.0
# A passage of PASSAGE_TOKENS is of ordinary length; in a longer one a word counts less, by this share.
PASSAGE_TOKENS = 120.0
PASSAGE_LENGTH = 0.5
TITLE_WHOLE = 3.0
# A title that has every word typed, little ones too, is most likely remembered by them.
TITLE_IN_FULL = 1.0

# The share of the question that the passage of one of the first SURE_AMONG must hold; else nothing answers, and what is
# shown comes near at best.
SURE = 0.45
SURE_AMONG = 3

# Priors, as shares of the question's whole weight: they settle near-ties, never beat a better text.
VERIFIED = 0.05
POPULAR = 0.10
# What nobody has vouched for in a long time loses so much at the second look.
FADED = 0.5
POPULAR_FULL_AT = 100.0
FRESH = 0.10
FRESH_HALF_LIFE_DAYS = 365.0

# Bounds.
QUERY_CHARACTERS = 400
QUERY_WORDS = 10
QUERY_PAIRS = 20
CANDIDATES = 1000
COMMON = 3000
SECOND_LOOK = 50
KEY_WORDS = 25
DOCUMENT_TOKENS = 40_000
PASSAGE_CHARACTERS = 20_000
SNIPPET_CHARACTERS = 240
VOCABULARY_WORDS = 100_000
