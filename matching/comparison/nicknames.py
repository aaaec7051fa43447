"""Customary forms of one name that no spelling rule connects: Bill and William, Sasha and Aleksandr, Ndiaye and Njie.

Written by hand from general knowledge. Each line is one name, folded: a given name with its short and foreign forms, or
a family name as two languages of office write it. Forms of one line are taken for one another (`are_forms_of_one`).
That a form stands on several lines means that it may be either.
"""

from __future__ import annotations

_GIVEN_NAMES = """
aleksandr alexander sasha alex sanya shura aleksander oleksandr alejandro alessandro iskander sikandar alec
aleksey alexei aleksei alyosha alexis oleksiy
aleksandra alexandra sasha sandra
anatoly tolya anatoliy
andrey andrei andrew andreas andrzej andriy andre andres andy anders ondrej
anna anya ann anne hannah hanna anita ana
antonio anthony tony antoni anton antoine toni
bartholomew bart
benjamin ben benny binyamin
boris borya
carlos charles karl carl charlie carlo karel chuck
catherine katherine kate kathy katie cathy ekaterina yekaterina katya katarina caterina
christina kristina christine tina
christopher chris kristofer christophe cristobal
chukwuemeka emeka
claudio claude klaus
daniel dan danny danila daniil danilo
david dave davit dawud daoud davud
deborah debbie debora
dmitry dima dmitri dmytro dimitri mitya
dominic dominik domingo dominique nick
dorothy dot dolly dorothea
edward eddie ed ted eduardo eduard edouard ned edoardo
elena helen yelena lena olena ilona helene
elizabeth liz beth lizzie betty eliza elisabeth yelizaveta elisabetta isabel bettina liza
emmanuel manuel manny emanuel manolo
enrique henry henri heinrich harry enrico henrik hendrik hank
ernest ernie ernesto
eugene gene yevgeny yevgeniy evgeny evgeni eugenio yevhen zhenya eugen
fedor fyodor theodore theodor teodoro fedya ted teddy
francisco francis frank franz paco pancho francesco francois frantisek pepito fco
frederick fred freddy friedrich federico frederic
gabriel gabe jibril jabril gavriil
galina galya halyna
george georg georgy georgiy jorge yuri yury yuriy giorgio georges jerzy giorgi yura jordi djordje heorhiy
gerald gerry jerry gerardo gerard
gregory greg grigory grigoriy gregorio grzegorz hryhoriy grisha
guadalupe lupe lupita
guillermo william bill billy will willy wilhelm guillaume willem liam memo
gustavo gustav gustave
hassan hasan
hussein husayn husain
ibrahim abraham avraham brahim abe
igor ihor
ignacio nacho ignatius ignaz ignacy
ilya elijah elias ilyas ilia illya ilias
irina ira iryna irene irena
isaac ishaq isak yitzhak izhak
ivan john johann johannes juan jean giovanni jan johan jon sean ian vanya hans jack yahya hovhannes ioannis joao evan
jacob yakov jakob james jim jimmy jaime diego jacques giacomo santiago yaqub yaakov jamie
jennifer jenny jen
jesus chuy
jessica jess jessie
jonathan jon yonatan natan nathan
jose joseph joe joey josef pepe giuseppe yusuf yousef yosef iosif osip jozef
joaquin joachim
joshua josh yehoshua
julia yulia yuliya julie
julio julius jules giulio yuliy
katarzyna kasia
kenneth ken kenny
konstantin kostya constantine konstantinos costas
kuzma kosma cosmas
lawrence larry laurence lorenzo laurent lars lavrentiy
leonid leo lyonya leonardo leon lev leonard
leopoldo polo leopold
ludmila lyudmila lyuda
luis louis ludwig luigi lewis lou ludovic lucho
luke luka lucas lukas luca
margaret maggie peg peggy meg margarita rita marguerite greta gosia malgorzata
maria ma mary marie miriam maryam mariam masha mariya maryna molly
mark marc marco marcos marcus markus
martin marty martinez marcin
matthew matt matthias mateo matteo matvey mathieu mateusz
maxim maksim max maksym maxime maximilian massimo
michael mike mikhail miguel mikhael misha michel michele mickey mick mykhailo mihail michal mikael mihai
mohammed mohammad mohamad mohd md mohamed muhammad mehmet mhd mamadou muhammadu mahomed magomed magomet
mustafa moustapha
natalia natasha natalya nataliya
nicholas nick nikolai nikolay nicolas nicola mykola klaus niklas kolya nikos nikolaos colin
oleg oleh
olga olha olya
oluwaseun seun
panagiotis panos panayiotis
patrick pat paddy patricio patrice
paul pavel pablo paolo pavlo pasha pawel paulo pavlos
peter pyotr pedro pierre petr petro pietro petya pete piotr petros boutros
philip phil felipe philippe filipp filippo filip
raphael rafael rafa raffaele
raymond ray raimundo ramon
rebecca becky rivka rebeca
richard dick rick ricardo rich riccardo rico
robert bob bobby rob roberto bert
rodrigo roderick
ronald ron ronnie
roman romain
rosario charo
rudolf rudolph rudy rodolfo
salvatore salvador sal chava
samuel sam sammy samuil
sergey serge sergio serhiy seryozha sergei siarhei sergiy
sebastian bastian sebastien
simon semyon shimon simeon semen
sophia sofia sophie sonya sofiya
stanislav slava stas stan stanislaw
stephen steve steven stefan esteban etienne stepan stefano stephan stjepan
svetlana sveta svitlana
tamara toma
tatiana tanya tatyana tetyana
theresa teresa terry tess therese
thomas tom tommy tomas tommaso foma
timothy tim timur timofey tymofiy
valentin valya valentyn
valery valeriy valerii valera valerio
vasily vasiliy basil vasyl vasya vasilios basile
veronica veronika ronnie
victor viktor vitya vittorio
vincent vince vinny vicente vincenzo
vladimir volodymyr vova volodya vladimiro uladzimir wlodzimierz waldemar
vladislav slava vlad wladyslaw vladyslav
walter walt gualtiero
yelizaveta liza
yusuf yousuf
yaroslav slava jaroslav
zachary zach zakaria zacharias
zoya zoe
"""


_FAMILY_NAMES = """
ba bah
cisse ceesay sesay
diaby jabbie jabbi
diagne jagne
diallo jallow jalloh diallow
diarra jarra
diatta jatta
diawara jawara jawarah
dieng jeng
diop jobe
diouf joof
drame drammeh
kanoute kanuteh
mbaye mbye
ndiaye njie njai
niang nyang
niasse nyass
ouattara wattara watara
ouedraogo wedraogo
soumare sumareh
sylla sillah
thiam cham
toure touray turay
traore trawally trawalleh
lee yi ri rhee
lim im rim
noh roh
yoo yu ryu ryoo
"""
"""West Africa as French and English offices write it, then Korea as those of the South and of the North do."""


def _forms() -> dict[str, frozenset[int]]:
    places: dict[str, set[int]] = {}
    for place, line in enumerate((_GIVEN_NAMES + _FAMILY_NAMES).split("\n")):
        for form in line.split():
            places.setdefault(form, set()).add(place)
    return {form: frozenset(found) for form, found in places.items()}


_FORMS = _forms()
_NONE: frozenset[int] = frozenset()


def are_forms_of_one(one: str, other: str) -> bool:
    """Say whether two folded parts are customary forms of one given name."""
    return not _FORMS.get(one, _NONE).isdisjoint(_FORMS.get(other, _NONE))
