"""Check digits of national numbers, accounts, cards and legal entities, as python-stdnum knows them.

Which schemes a number may follow is told by its kind and its country: a number is right where one of them says so,
wrong where a scheme's shape fits exactly and the check digit alone fails, and nothing is known otherwise. Schemes that
check a shape only (the US social security number, the Pakistani CNIC) are left out: that a number has it says nothing.
"""

from __future__ import annotations

import importlib
import re
from functools import cache
from types import ModuleType

from stdnum.exceptions import InvalidChecksum, ValidationError

_PERSONAL = """
BA si.emso | BE be.nn be.bis | BG bg.egn bg.pnf | BR br.cpf | CA ca.sin | CH ch.ssn | CL cl.rut | CN cn.ric | CZ cz.rc
DO do.cedula | EC ec.ci | EE ee.ik | ES es.dni es.nie | FI fi.hetu | FR fr.nir | GR gr.amka | HR hr.oib | IE ie.pps
IL il.idnr | IN in_.aadhaar | IS is_.kennitala | IT it.codicefiscale | JP jp.in_ | KR kr.rrn | LT lt.asmens
LV lv.pvn | ME si.emso | MK si.emso | MU mu.nid | MX mx.curp | NL nl.bsn | NO no.fodselsnummer | PE pe.cui
PL pl.pesel | PT pt.cc pt.nif | RO ro.cnp | RS si.emso | RU ru.inn | SE se.personnummer | SI si.emso | SK sk.rc
TH th.pin | TR tr.tckimlik | UA ua.rntrc | XK si.emso | ZA za.idnr
"""

_TAX = """
AR ar.cuit | AT at.tin at.uid | AU au.tfn au.abn | AZ az.voen | BE be.vat be.nn | BG bg.vat | BR br.cpf br.cnpj
BY by.unp | CH ch.uid | CL cl.rut | CN cn.uscc | CO co.nit | CY cy.vat | CZ cz.dic | DE de.idnr de.vat | DK dk.cvr
DO do.rnc do.cedula | EC ec.ruc | EE ee.ik ee.kmkr | ES es.nif | FI fi.alv fi.hetu | FR fr.siren fr.tva
GB gb.utr gb.vat | GN gn.nifp | GR gr.vat | GT gt.nit | HR hr.oib | HU hu.anum | ID id.npwp | IE ie.vat ie.pps
IL il.hp il.idnr | IN in_.gstin | IT it.codicefiscale it.iva | JP jp.cn | LT lt.pvm | LU lu.tva | LV lv.pvn
MA ma.ice | MC mc.tva | MD md.idno | ME me.pib | MK mk.edb | MT mt.vat | MX mx.rfc | MZ mz.nuit | NL nl.bsn nl.btw
NO no.orgnr no.mva | NZ nz.ird | PE pe.ruc | PL pl.nip pl.pesel | PT pt.nif | PY py.ruc | RO ro.cf ro.cnp | RS rs.pib
RU ru.inn | SE se.vat se.orgnr | SI si.ddv | SK sk.dph | SN sn.ninea | SV sv.nit | TH th.tin | TR tr.vkn tr.tckimlik
TW tw.ubn | UA ua.rntrc ua.edrpou | UY uy.rut | VE ve.rif | VN vn.mst | ZA za.tin
"""

_COMPANIES = """
AU au.acn au.abn | BE be.vat | BR br.cnpj | BY by.unp | CA ca.bn | CH ch.uid | CN cn.uscc | DK dk.cvr
EE ee.registrikood | FI fi.ytunnus | FR fr.siren fr.siret | IL il.hp | IT it.iva | JP jp.cn | MD md.idno | NO no.orgnr
PL pl.regon pl.nip | RO ro.cui | RU ru.ogrn ru.inn | SE se.orgnr | SG sg.uen | SI si.maticna | TW tw.ubn
UA ua.edrpou
"""


def _table(text: str) -> dict[str, tuple[str, ...]]:
    rows = (row.split() for row in re.split(r"[|\n]", text) if row.strip())
    return {country: tuple(schemes) for country, *schemes in rows}


_SCHEMES = {"national_id": _table(_PERSONAL), "tax_id": _table(_TAX), "registration": _table(_COMPANIES)}
_INTERNATIONAL = {"iban": ("iban",), "card": ("luhn",), "lei": ("lei",), "imei": ("luhn",)}

_ONLY_OF_LENGTH = {("national_id", "RU"): 12, ("national_id", "PT"): 9}
"""Numbers of another length are of another series: a Russian internal passport has ten digits, like a firm's INN."""

_IRANIAN = re.compile(r"[0-9]{10}", re.ASCII)


def check_scheme(kind: str, country: str, value: str) -> bool | None:
    """Say whether a number's check digits are right; None where no scheme of its kind and country checks it."""
    if len(value) != _ONLY_OF_LENGTH.get((kind, country), len(value)):
        return None
    if (kind, country) == ("national_id", "IR"):
        return _check_iranian(value)
    schemes = _INTERNATIONAL.get(kind) or _SCHEMES.get(kind, {}).get(country, ())
    verdicts = {_verdict(scheme, value) for scheme in schemes}
    return True if True in verdicts else False if False in verdicts else None


def _verdict(scheme: str, value: str) -> bool | None:
    """Ask python-stdnum: right, wrong check digit, or not of this scheme."""
    try:
        stdnum_scheme(scheme).validate(value)
    except InvalidChecksum:
        return False
    except (ValidationError, LookupError, ValueError, TypeError, ArithmeticError):
        # Some schemes fail in their own tables (a county that no longer exists): that says nothing of the number.
        return None
    return True


def _check_iranian(value: str) -> bool | None:
    """Check a *code melli*, which python-stdnum does not have: weights 10 to 2 modulo 11."""
    if not _IRANIAN.fullmatch(value):
        return None
    rest = sum(int(digit) * (10 - place) for place, digit in enumerate(value[:9])) % 11
    return int(value[9]) == (rest if rest < 2 else 11 - rest)


@cache
def stdnum_scheme(name: str) -> ModuleType:
    """Give the module of a scheme of python-stdnum, loaded when first asked for."""
    return importlib.import_module(f"stdnum.{name}")
