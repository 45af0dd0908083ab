/** Currencies as senders write them, to ISO 4217, to which R4 binds Money.currency. */
import type { Money } from '@medplum/fhirtypes'
import { table } from './table.ts'

export type Currency = NonNullable<Money['currency']>

/** All that R4 knows (profiles/r4/iso-4217.ts). */
const CODES: ReadonlySet<string> = new Set(
  `AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU
CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY
KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR
PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS
UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAD XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWG ZWL`.split(
    /\s+/,
  ),
)

/** Names, signs and numbers of those that are paid with in China and nearby. */
const NAMES: Readonly<Record<string, Currency>> = table({
  ...{ RMB: 'CNY', '156': 'CNY', 元: 'CNY', 人民币: 'CNY', 人民币元: 'CNY', '¥': 'CNY', '￥': 'CNY' },
  ...{ '344': 'HKD', HK$: 'HKD', 港元: 'HKD', 港币: 'HKD', '446': 'MOP', MOP$: 'MOP', 澳门元: 'MOP', 澳门币: 'MOP', 葡币: 'MOP' },
  ...{ '901': 'TWD', NT$: 'TWD', 台币: 'TWD', 新台币: 'TWD', '840': 'USD', US$: 'USD', 美元: 'USD', 美金: 'USD' },
  ...{ '978': 'EUR', '€': 'EUR', 欧元: 'EUR', '826': 'GBP', '£': 'GBP', 英镑: 'GBP', '392': 'JPY', 日元: 'JPY' },
})

/** undefined: nobody knows which it is. */
export function currencyOf(said: string): Currency | undefined {
  const code = said.trim().toUpperCase()
  return CODES.has(code) ? (code as Currency) : NAMES[code]
}
