/** HL7 v2 messages of a test, as a hospital sends them: GB18030, segments ended by CR. */
import { expect } from '@jest/globals'
import iconv from 'iconv-lite'
import type { MappedRecord } from '../../../mappings/engine/types.ts'
import { hospitalHl7v2 } from '../../../mappings/hospital/hl7v2/index.ts'
import { brokenRules, context, readAll } from '../support.ts'
import { invalid, unresolved } from './rules.ts'

export const PATIENT = 'PID|1||0001023456^^^0001^PI||王建国||19580312|M'
export const INPATIENT = 'PV1|1|I|||||||||||||||||ZY1'

export const message = (type: string, version: string, ...segments: string[]): string =>
  [`MSH|^~\\&|HIS|0001|EAI|YILIAN|20260305103000||${type}|O1|P|${version}||||||GB 18030-2000`, ...segments, ''].join('\r')

/** What comes of it, a text as GB 18030: sound references, valid resources, no rule of records broken. */
export async function read(
  sent: string | Uint8Array,
): Promise<{ record: MappedRecord | undefined; reason: { code: string; at: string } | undefined }> {
  const bytes = typeof sent === 'string' ? iconv.encode(sent, 'gb18030') : sent
  const { mapped, rejected } = await readAll(hospitalHl7v2, bytes, { context: context('hospital', 'H1') })
  expect(mapped.flatMap(brokenRules)).toEqual([])
  expect(mapped.flatMap(unresolved)).toEqual([])
  expect(mapped.flatMap(invalid)).toEqual([])
  return { record: mapped[0], reason: rejected[0]?.reason }
}
