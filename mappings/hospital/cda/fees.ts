/** Fees of the home pages (data sets HDSD00.11 and HDSD00.12): the category of the medical insurance, and of which fee another one is a part. */
import { table } from '../../engine/values/table.ts'

export interface Fee {
  /** nhsa-fee-category */
  category: string
  /** element of the fee that contains this one */
  partOf?: string
}

/** Western element, element of the home page of Chinese medicine, category, and by the same numbers the fee that contains it. */
const FEES: readonly (readonly [western: string, chinese: string, category: string, western?: string, chinese?: string])[] = [
  ['147', '174', '12'],
  ['148', '177', '05'],
  ['', '175', '12', '', '174'],
  ['', '176', '12', '', '174'],
  ['145', '172', '07'],
  ['146', '173', '14'],
  ['121', '136', '04'],
  ['123', '138', '04'],
  ['124', '139', '03'],
  ['122', '137', '02'],
  ['129', '145', '05'],
  ['130', '146', '05', '129', '145'],
  ['131', '147', '06'],
  ['132', '148', '06', '131', '147'],
  ['133', '149', '06', '131', '147'],
  ['055', '062', '05'],
  ['', '156', '02'],
  ['136', '157', '05'],
  ['', '163', '05', '', '157'],
  ['', '160', '05', '', '157'],
  ['', '158', '05', '', '157'],
  ['', '162', '05', '', '157'],
  ['', '159', '05', '', '157'],
  ['', '161', '05', '', '157'],
  ['', '153', '05'],
  ['', '155', '05', '', '153'],
  ['', '154', '05', '', '153'],
  ['098', '113', '09'],
  ['099', '114', '09', '098', '113'],
  ['135', '151', '11'],
  ['134', '150', '10'],
  ['115', '130', '14'],
  ['111', '126', '14'],
  ['113', '128', '14'],
  ['112', '127', '14'],
  ['114', '129', '14'],
  ['038', '045', '08'],
  ['040', '047', '08'],
  ['039', '046', '08'],
]

export const HOME_PAGE_FEES: Readonly<Record<string, Fee>> = table(
  Object.fromEntries(
    FEES.flatMap(([western, chinese, category, inWestern, inChinese]) => [
      ...entry('HDSD00.11.', western, category, inWestern),
      ...entry('HDSD00.12.', chinese, category, inChinese),
    ]),
  ),
)

function entry(set: string, code: string, category: string, partOf: string | undefined): [string, Fee][] {
  return code === '' ? [] : [[`${set}${code}`, { category, ...(partOf && { partOf: `${set}${partOf}` }) }]]
}

/** 住院总费用 and the part of it that the patient pays. */
export const TOTALS: readonly string[] = ['HDSD00.11.142', 'HDSD00.12.169']
export const SELF_PAID: readonly string[] = ['HDSD00.11.143', 'HDSD00.12.170']
