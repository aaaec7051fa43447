"""Words that people take for passwords, filled up with digits and signs: what is guessed first.

A password that is one of these and nothing else but digits and signs is refused. The list is short on purpose: a name
is locked after ten failures, so only what is guessed first matters.
"""

from __future__ import annotations

_WORDS = """
password passwort passord motdepasse contrasena contraseña senha wachtwoord lozinka heslo haslo jelszo salasana
parola passwordpassword mypassword yourpassword thepassword newpassword oldpassword changeme changemenow changeit
letmein letmeinnow welcome welcomehome welcometo bienvenue willkommen bienvenido benvenuto administrator admin
adminadmin administrateur root superuser operator analyst auditor supervisor officer police policia polizei polizia
policja agency agence symbolon secret topsecret secretsecret geheim confidential default temporary temporaire
testtest test testing trustno trustnoone whatever iloveyou iloveyouforever jetaime teamo ichliebedich sunshine
princess football baseball basketball superman batman spiderman starwars dragon monkey master shadow michael jordan
liverpool chelsea arsenal manchester barcelona realmadrid juventus bayernmunchen france deutschland germany england
espana italia europe europa europol interpol january february march april may june july august september october
november december janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre spring summer
autumn winter printemps hiver sommer monday tuesday wednesday thursday friday saturday sunday qwerty qwertz azerty
qwertyuiop qwertzuiop azertyuiop qwertyqwerty azertyazerty asdfghjkl asdfasdf zxcvbnm qazwsx qazwsxedc qazwsxedcrfv
qwerasdf qwerasdfzxcv abc abcd abcdef abcdefgh abcdefghijkl abcabc abcdabcd computer internet google microsoft
windows samsung iphone android login loginlogin access accessaccess security securite sicherheit
correcthorsebatterystaple ninja mustang freedom hello hellohello bonjour hallo hola ciao merci loveme lovelove
forever flower chocolate cookie cheese pepper ginger marseille paris berlin london madrid roma lisboa athens
amsterdam brussels bruxelles
"""

GUESSED_FIRST = frozenset(_WORDS.split())
