"""Words of the field that mean about the same. One line is one meaning; a phrase may stand for a word.

They are compared as English stems, and a document found by a synonym counts less than one found as typed.
"""

from __future__ import annotations

from functools import cache

from .tokens import tokens

MEANINGS = """
facebook, fb, meta
instagram, ig, insta
twitter, x, tweet, retweet
linkedin, li
youtube, yt
tiktok, tik tok
whatsapp, messenger, chat
post, publish, share, upload
tweet, post
repost, retweet, share, reshare
comment, reply, respond, response, answer
direct message, dm, private message, inbox
hashtag, tag, keyword
handle, username, account name, profile name
account, profile, page, channel, presence
open account, new account, create account, start account, set up account, register account
close account, archive account, shut down account, retire account, deactivate account, decommission
two step, two factor, 2fa, mfa, multi factor, 2sv, authenticator, second factor
password, login, credential, sign in, passphrase
hack, compromise, breach, hijack, takeover, stolen
phishing, scam, fraud, impersonation, fake account, spoof
leaver, offboarding, leave company, handover, resign, former employee, access removal
joiner, onboarding, new starter, induction, new employee
access, permission, admin right, role
ad, advert, advertising, paid, boost, promote, sponsored, campaign spend
budget, spend, cost, money, funding
influencer, creator, ambassador, content creator, blogger
endorsement, testimonial, recommendation, favourite, favorite
disclosure, disclose, declare, transparency, sponsored label
gift, freebie, free product, hospitality
giveaway, contest, competition, prize draw, sweepstake, raffle
photo, picture, image, photograph, snapshot
video, film, clip, reel, footage, recording
caption, subtitle, transcript, closed caption
alt text, alternative text, image description, text alternative
accessible, accessibility, disability, disabled, screen reader, wcag, a11y
copyright, licence, license, intellectual property, ownership, rights
music, song, soundtrack, audio
consent, permission, release form, agree, approval
approve, approval, sign off, clearance, clear, green light, vet, authorise, authorize
review, check, proofread, look over
privacy, personal data, gdpr, data protection, confidential
confidential, secret, sensitive, internal information, leak
employee, staff, worker, colleague, personnel, team member
boss, manager, supervisor, line manager
personal account, private account, own account, personal capacity, own time
opinion, view, belief, personal view
politics, political, election, campaigning, partisan, party, hatch act, vote
journalist, reporter, press, media enquiry, media inquiry, news outlet
interview, quote, statement
spokesperson, speak on behalf, official voice
speech, speaking, talk, presentation, keynote, conference
event, webinar, conference, meetup
crisis, emergency, incident, disaster, outage
criticism, complaint, negative comment, angry customer, backlash, shitstorm
abuse, harassment, bullying, insult, hate speech, offensive, rude, nasty, slur
troll, spam, bot
moderation, moderate, delete comment, hide comment, remove comment, block user, ban
block, ban, mute
report, flag, escalate, raise
complain, report violation, report incident
rules, policy, guideline, standard, code of conduct, dos and don'ts
punishment, sanction, consequence, discipline, enforcement, penalty
how to, guide, playbook, tutorial, step by step, tips, best practice
template, example, sample, boilerplate
tone, voice, style, writing style, wording
emoji, emoticon, smiley
plain language, jargon, simple words
brand, logo, visual identity, trademark
calendar, schedule, plan, planner, timetable
strategy, goal, objective, plan
metrics, analytics, measure, kpi, statistics, insight, performance, success
audience, follower, fan, subscriber, community
engagement, interaction, like, reaction
listening, monitoring, tracking, mention, sentiment
records, archive, retention, record keeping, keep copy
translate, translation, multilingual, language
ai, artificial intelligence, chatgpt, generative, genai, llm
live, livestream, broadcast, streaming
training, course, learn, workshop, class
help, support, advice, assistance, contact
request, ask, apply, order, submit
deadline, due, turnaround, how long, lead time
form, application, questionnaire
register, inventory, list of account, directory
deputy, backup, stand in, substitute, cover
department, team, unit, business unit, office, division
mistake, error, wrong, typo, correction
delete, remove, erase, take down, takedown
link, url, short link, address
blog, article, story, weblog
newsletter, mailing, email
survey, poll, feedback
customer, client, citizen, user, public
recruiting, hiring, job advert, vacancy, employer brand, careers
children, minor, kid, young people, under age
remembrance, death, mourning, condolence
""".strip().splitlines()

Phrase = tuple[str, ...]


@cache
def table() -> dict[Phrase, tuple[Phrase, ...]]:
    """{stems of a phrase: the stems of the phrases that mean the same}."""
    found: dict[Phrase, dict[Phrase, None]] = {}
    for line in MEANINGS:
        phrases = [tuple(tokens(phrase, "en")) for phrase in line.split(",")]
        for phrase in phrases:
            others = found.setdefault(phrase, {})
            others.update((other, None) for other in phrases if other != phrase)
    return {phrase: tuple(others) for phrase, others in found.items()}


LONGEST = 3
