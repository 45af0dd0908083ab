/** Two persons as hospital messages name them, and what a job of deletion by law tells. */
import type { Answer } from './server.ts'

export const WANG = { name: '王建国', number: '110100195803120019', record: '0001023456' }
/** A bystander whose message differs in name, numbers and birth date; his number's check digit is right (GB 11643). */
export const LIN = { name: '林小雨', number: '110100199001010019', record: '0001099999' }
/** A message about the one made one about the other. */
export const ofLin = (text: string): string =>
  text
    .replaceAll(WANG.name, LIN.name)
    .replaceAll(WANG.number, LIN.number)
    .replaceAll(WANG.record, LIN.record)
    .replaceAll('HC110000012345', 'HC110000099999')
    .replaceAll('19580312', '19900101')
    .replaceAll('ZY20260305001', 'ZY20260305999')
    .replaceAll('SQ2026030500042', 'SQ2026030500999')
    .replaceAll('BG2026030600077', 'BG2026030600999')
    .replaceAll('LIS202603060077', 'LIS202603060999')

interface Part {
  name: string
  part?: Part[]
  [value: string]: unknown
}
const worth = (part: Part): unknown => Object.entries(part).find(([key]) => key.startsWith('value'))?.[1]
export const fact = (answer: Answer, name: string): unknown =>
  worth(answer.json.parameter.find((one: Part) => one.name === name) ?? { name })
/** Rows of the answer as `first: [others]`. */
export const listed = (answer: Answer, name: string): Record<string, unknown[]> =>
  Object.fromEntries(
    (answer.json.parameter as Part[])
      .filter((one) => one.name === name)
      .map(({ part = [] }) => [worth(part[0] as Part), part.slice(1).map(worth)]),
  )
