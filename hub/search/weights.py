"""Every number that decides the order of results, in one place.

First look, in the database: a word counts where it is found best (`TITLE` beats `HEADING` beats `KEY`, words the
document keeps coming back to, beats `BODY`) times its rarity; the sum is cut where the question is only partly held.
Second look, at the best SECOND_LOOK documents:

    FIRST x the first look + PASSAGE x the best passage + SPREAD x how much of the document speaks of it
    + the question's whole weight x (TITLE_WHOLE x how nearly the title is the question + FRESH x freshness
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
CORRECTED = 0.7
FINISHED = 0.75
# What a word counts that no document everybody may find holds. Of two characters side by side most mean nothing.
UNKNOWN = 0.6
UNKNOWN_PAIR = 0.1

# The share of the question's weight that a document must hold to be found at all when few hold all of it.
LEAST_COVERAGE = 0.2
# When at least so many documents hold every word, documents that hold only some are left out.
ENOUGH_WITH_ALL = 10
# When the words' frequencies foretell so many with every word, the others are not even looked for.
PLENTY = 100

# The second look, passage by passage.
FIRST = 0.3
PASSAGE = 1.6
PASSAGE_HEADING = 1.6
# A passage of PASSAGE_TOKENS is of ordinary length; in a longer one a word counts less, by this share.
PASSAGE_TOKENS = 120.0
PASSAGE_LENGTH = 0.2
SPREAD = 1.0
# A word spoken of in SPREAD_HALF passages of a document of SPREAD_PASSAGES gets half of what spread can give.
SPREAD_HALF = 1.5
SPREAD_PASSAGES = 12.0
TITLE_WHOLE = 3.0

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
