"""The search index: one row a document, one row for each of its passages.

Only `hub.search` writes these tables. Token columns start and end with a space, so that " word " finds a whole word;
they are filled on a document's row only.
"""

from django.contrib.auth.models import Group
from django.db import models
from django.utils.translation import gettext_lazy as _


class TokenVector(models.Field):
    """A PostgreSQL `tsvector`, written as its literal. Elsewhere an unused, empty column."""

    def db_type(self, connection):
        return "tsvector" if connection.vendor == "postgresql" else "text"

    def get_db_prep_value(self, value, connection, prepared=False):
        return value if connection.vendor == "postgresql" else None


class SearchEntry(models.Model):
    """One thing that can be found. `part_key` is blank on the row that stands for the whole document.

    A document's row carries the words of all its passages, and the rights; its passages are only ever
    read through it.
    """

    kind = models.CharField(_("kind"), max_length=32)
    object_id = models.BigIntegerField(_("object"))
    part_key = models.CharField(_("part"), max_length=100, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    document_title = models.CharField(_("title"), max_length=300)
    heading = models.CharField(_("heading"), max_length=300, blank=True)
    body = models.TextField(_("text"), blank=True)
    url = models.CharField(_("address"), max_length=500)
    language = models.CharField(_("language"), max_length=12, default="en")
    topic_slug = models.CharField(_("topic"), max_length=100, blank=True)
    updated_at = models.DateTimeField(_("updated"))
    verified = models.BooleanField(_("verified"), default=False)
    faded = models.BooleanField(_("not verified for long"), default=False)
    popularity = models.FloatField(_("popularity"), default=0)
    is_public_to_all = models.BooleanField(_("every signed-in person may see it"), default=False)

    title_tokens = models.TextField(blank=True)
    heading_tokens = models.TextField(blank=True)
    key_tokens = models.TextField(blank=True)
    body_tokens = models.TextField(blank=True)
    # Where in the document each token is: " token:0,4h,7 " names passages by position (0 is the summary), h for in
    # its heading. " #:20,120,43 " first of all: how many tokens each of them has.
    places = models.TextField(blank=True)
    lead_vector = TokenVector(null=True, editable=False)
    body_vector = TokenVector(null=True, editable=False)

    audience = models.ManyToManyField(Group, through="SearchAudience", related_name="+", verbose_name=_("audience"))

    class Meta:
        db_table = "hub_searchentry"
        verbose_name = _("search entry")
        verbose_name_plural = _("search entries")
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id", "part_key"], name="hub_searchentry_one_row_a_part"),
        ]
        indexes = [
            # All that ranking a thousand candidates asks of them, beside the wide rows.
            models.Index(
                fields=[
                    "id",
                    "is_public_to_all",
                    "kind",
                    "topic_slug",
                    "verified",
                    "popularity",
                    "document_title",
                ],
                condition=models.Q(part_key=""),
                name="hub_searchentry_narrow",
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.object_id} {self.part_key}".rstrip()


class SearchAudience(models.Model):
    """A group whose members may find the entry."""

    entry = models.ForeignKey(SearchEntry, models.CASCADE, related_name="audience_rows", verbose_name=_("entry"))
    group = models.ForeignKey(Group, models.CASCADE, related_name="+", verbose_name=_("group"))

    class Meta:
        db_table = "hub_searchaudience"
        verbose_name = _("search audience")
        verbose_name_plural = _("search audiences")
        constraints = [
            models.UniqueConstraint(fields=["entry", "group"], name="hub_searchaudience_each_group_once"),
        ]

    def __str__(self):
        return f"{self.entry_id}: {self.group_id}"


class SearchWord(models.Model):
    """A word as people write it, the token it is indexed under, and the number of documents that hold it.

    The row with a blank word counts the documents that hold the token, however it is written.
    """

    word = models.CharField(_("word"), max_length=64)
    token = models.CharField(_("token"), max_length=64)
    count = models.IntegerField(_("documents"), default=0)

    class Meta:
        db_table = "hub_searchword"
        verbose_name = _("search word")
        verbose_name_plural = _("search words")
        constraints = [
            models.UniqueConstraint(fields=["word", "token"], name="hub_searchword_each_once"),
        ]

    def __str__(self):
        return self.word or self.token


class SearchSynonym(models.Model):
    """Words that find each other; or, with `also_finds`, words that find those besides, and not the other way round."""

    words = models.CharField(
        _("words"),
        max_length=500,
        help_text=_("Words and phrases of up to three words, with commas between them: dm, direct message"),
    )
    also_finds = models.CharField(
        _("only in this direction, also find"),
        max_length=500,
        blank=True,
        help_text=_("Leave it empty where all the words mean about the same. Otherwise: hurricane also finds crisis."),
    )
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        ordering = ["words"]
        verbose_name = _("synonym")
        verbose_name_plural = _("synonyms")

    def __str__(self):
        return f"{self.words} → {self.also_finds}" if self.also_finds else self.words
