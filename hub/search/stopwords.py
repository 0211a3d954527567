"""Words that carry no meaning of their own. Left out of long texts and, when anything else was typed, of questions."""

_LISTS = {
    "en": """a about after again all also am an and any are as at be because been before being both but by can cannot
        could did do does doing don done during each else ever every few for from further get gets getting give go
        going got had has have having he her here hers him his how i if in into is isn it its just let may me might
        mine more most my myself need no nor not now of off ok okay on once one only onto or other our ours out
        over own please she so some someone somebody something such tell than that the their them then
        there these they thing things this those through to too under until up us very want wanted was we were what
        when where which while who whom whose why will with without would you your yours arent cant couldnt
        didnt doesnt dont hadnt hasnt havent id ill im isnt ive lets shouldnt thats theres theyre wasnt werent weve
        whats wont wouldnt youre youve""",
    "fr": """a ai as au aux avec c ce ces cet cette comme comment d dans de des doit dois donc du elle elles en est et
        etre eu faire faut il ils j je l la le les leur leurs lui m ma mais me mes moi mon n ne nos notre nous on ont
        ou par pas peut peux plus pour pourquoi qu quand que quel quelle quelles quels qui quoi s sa sans se ses si
        son sont sous sur t ta te tes toi ton tu un une vos votre vous y""",
    "de": """aber als am an auch auf aus bei bin bis bist da damit das dass dem den der des die dies diese dieser dir
        doch du durch ein eine einem einen einer eines er es fur hat haben ich ihr im in ist ja kann konnen man mein
        mich mir mit muss mussen nach nicht noch nur ob oder sein sich sie sind so und uns unser von vor was wann
        warum wenn wer werden wie wir wird wo zu zum zur""",
    "es": """a al ante asi como con cual cuales cuando cuanto de debe debo del desde donde e el ella ellos en entre era
        es esa ese eso esta este esto fue ha hay la las le les lo los mas me mi mis muy no nos nuestro o para pero por
        porque puede puedo que quien se ser si sin sobre son su sus te tu un una uno y ya yo""",
    "it": """a ad al alla alle anche che chi ci come con cosa cui da dal dalla dei del della delle di dove e ed gli ha
        hanno ho i il in io la le lo ma mi nel nella non o per piu posso puo quale quando se si sono su sul sulla ti
        tra tu un una uno""",
    "pt": """a ao aos as com como da das de dela dele deve devo do dos e ela ele em entre era essa esse esta este eu
        foi ha isso ja la lhe mais mas me meu minha muito na nao nas no nos o onde os ou para pela pelo pode podem
        por posso porque qual quando que quem se sem ser seu sua sao so tem um uma voce""",
    "nl": """aan als bij dat de den der die dit door een en er had heb heeft het hij hoe ik in is je kan maar mag me met
        mij mijn moet na naar niet nog nu of om ons ook op over te tot uit van voor was wat we wel welke wie wij
        worden zijn zo zou""",
    "ar": """في من على الى عن مع هذا هذه ذلك التي الذي ما ماذا لا ان او و ثم كيف متى هل اين هو هي كل قد كان""",
}

STOPWORDS: dict[str, frozenset[str]] = {language: frozenset(words.split()) for language, words in _LISTS.items()}
NONE: frozenset[str] = frozenset()


def of(language: str) -> frozenset[str]:
    """The folded stop words of a base language code; empty for a language without a list."""
    return STOPWORDS.get(language, NONE)
