/**
 * ISO 4217: what R4 binds Money.currency to, and does not list. The currencies, funds and precious metals in force when R4 was published,
 * and those that came later: a bill of ten years ago and one of today are both right. Compared with the lists as published on 2024-06-25
 * (npm currency-codes 2.2.0) and 2026-01-01 (PyPI iso4217 1.16): all of theirs are here; beside them stand those that were withdrawn since
 * R4 (ANG, BGN, CUC, HRK, SLL, ZWL).
 */
import type { CodeSystem } from './r4-package.ts'

const IN_FORCE = `AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF
CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR
IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR
MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLL SOS SRD SSP STN SVC SYP SZL
THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD XDR XOF XPD XPF XPT XSU
XTS XUA XXX YER ZAR ZMW ZWL`
const LATER = 'SLE VED XAD XCG ZWG'

export const ISO_4217: CodeSystem = {
  url: 'urn:iso:std:iso:4217',
  content: 'complete',
  concept: `${IN_FORCE} ${LATER}`.split(/\s+/).map((code) => ({ code })),
}
