/** What was wrong with a message, as ERR segments say it. */
import { ISSUES, type IssueCode } from '../../outcome/issues.ts'
import { fill } from '../../outcome/render.ts'
import type { ReceiptIssue } from '../types.ts'
import { MLLP_BOUNDS } from './bounds.ts'

export interface AckError {
  /** HL7 table 0357 */
  code: string
  meaning: string
  /** segment, its sequence, field, repetition, component (ERL); as far as known */
  place: readonly string[]
  /** our own code */
  own?: string
  zh: string
  en: string
}

/** HL7 table 0357, as far as it is used */
const MEANINGS = {
  '100': 'Segment sequence error',
  '101': 'Required field missing',
  '102': 'Data type error',
  '103': 'Table value not found',
  '200': 'Unsupported message type',
  '204': 'Unknown key identifier',
  '207': 'Application internal error',
} as const
type Code = keyof typeof MEANINGS

const CODES: Readonly<Record<string, Code>> = {
  'mapping-required': '101',
  'mapping-date-invalid': '102',
  'mapping-character-unreadable': '102',
  'payload-charset': '102',
  'payload-structure': '100',
  'payload-continued': '100',
  'payload-type-unsupported': '200',
  'mapping-organization': '204',
  'patient-unknown': '204',
  'source-unknown': '204',
}

/** The message is one of a type that is not taken: it is to be refused, not repaired. */
export const UNSUPPORTED: IssueCode = 'payload-type-unsupported'

export function errorOf(code: string, at = '', params: ReceiptIssue['params'] = {}): AckError {
  const place = placeOf(at)
  const isSegmentMissing = code === 'mapping-required' && place.length === 1
  const known = code in ISSUES ? ISSUES[code as IssueCode] : undefined
  const number: Code = isSegmentMissing ? '100' : (CODES[code] ?? '207')
  return {
    code: number,
    meaning: MEANINGS[number],
    place,
    own: code,
    zh: known ? fill(known.zh, params) : code,
    en: known ? fill(known.en, params) : code,
  }
}

export function errorsOf(issues: readonly ReceiptIssue[]): AckError[] {
  return issues
    .filter(({ severity }) => severity === 'error')
    .slice(0, MLLP_BOUNDS.errorSegmentsMax)
    .map(({ code, at, rule = '', profile, params }) =>
      errorOf(code, at, { rule, profile: profile?.slice(profile.lastIndexOf('/') + 1) ?? 'FHIR R4', ...params }),
    )
}

/** `message 1: PID-3[2].1` to PID, 1, 3, 2, 1. What names no segment (a FHIRPath, the whole payload) has no place. */
function placeOf(at: string): string[] {
  const found = /(?:^|[ :])([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\[(\d+)\])?(?:\.(\d+))?)?$/.exec(at)
  if (!found) return []
  const [, segment = '', sequence, field, repetition, component] = found
  if (field === undefined) return [segment, ...(sequence === undefined ? [] : [sequence])]
  const more = component === undefined && repetition === undefined ? [] : [repetition ?? '1', component ?? '']
  return [segment, sequence ?? '1', field, ...more].filter((part, index, all) => part !== '' || index < all.length - 1)
}
