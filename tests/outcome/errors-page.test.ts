/** docs/errors.md is as the registry is, and each of its codes is brought about by a test, or it is said why by none. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { ERRORS_PAGE, errorsPage } from '../../server/outcome/errors-page.ts'
import { ISSUES } from '../../server/outcome/issues.ts'
import { REQUESTS } from './provoked.ts'

test('docs/errors.md is current (npm run build:errors)', () => {
  expect(readFileSync(ERRORS_PAGE, 'utf8')).toBe(errorsPage())
})

test('every definition has a status, a type of FHIR and both texts with the same placeholders', () => {
  const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([found]) => found).sort()
  for (const [code, { status, type, zh, en }] of Object.entries(ISSUES)) {
    expect([code, status >= 200 && status < 600, TYPES.has(type)]).toEqual([code, true, true])
    expect([code, /\p{Script=Han}|^\{text\}$/u.test(zh), /^[A-Z$]|^\{|^resourceType|^MIIS/.test(en)]).toEqual([code, true, true])
    expect([code, placeholders(zh)]).toEqual([code, placeholders(en)])
  }
})

/** http://hl7.org/fhir/issue-type, R4. */
const TYPES = new Set(
  `invalid structure required value invariant security login unknown expired forbidden suppressed processing not-supported duplicate
  multiple-matches not-found deleted too-long code-invalid extension too-costly business-rule conflict transient lock-error no-store
  exception timeout incomplete throttled informational`.split(/\s+/),
)

/** Not brought about by any test yet, or never, and why. */
const UNREACHABLE: Record<string, string> = {
  internal: 'stands for what nobody has foreseen: whatever brings it about is a defect',
  'request-timeout': 'comes after the five minutes that node gives a request to arrive',
  busy: 'only while other writers keep winning: tests/store and tests/faults meet it, but not at will',
  unavailable: 'only while the database is away: tests/faults/crashes.test.ts',
  'claim-taken': 'caught and tried again; only a client whose claim is taken five times would see it',
  'url-too-long': 'node refuses an address of that length before: header-too-long, with the same advice',
  'link-numbers-disagree':
    'needs strong numbers in one message that two earlier ones gave to different patients; not yet written down as messages',
  'record-failed': 'stands for a defect of a mapping, as internal does',
  'record-too-large': 'needs a record of more resources than any format of today makes',
  'resource-invalid': 'stands for a defect of a mapping, whose resources are valid',
}

/** Brought about by a test that does not say their name in a way that could be found. */
const ELSEWHERE: Record<string, [file: string, text: string]> = {
  expunged: ['http/expunge.test.ts', "[409, 'expunged']"],
  merged: ['leaks/merge.test.ts', "'merged'"],
  unmerged: ['http/merge.test.ts', "toBe('unmerged')"],
  fixed: ['profiles/cases/documents.ts', "code: 'fixed'"],
  slice: ['profiles/cases/people.ts', "code: 'slice'"],
  'mapping-clock-old': ['anomalies/rest.test.ts', 'information mapping-clock-old'],
  'mapping-code-version': ['anomalies/rest.test.ts', 'warning mapping-code-version'],
  'mapping-display': ['anomalies/rest.test.ts', 'warning mapping-display'],
  'waiting-for-patient': ['ingest/pipeline.test.ts', 'waiting'],
}

const HERE = join(import.meta.dirname, '..')
const texts = readdirSync(HERE, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith('outcome/'))
  .map((name) => readFileSync(join(HERE, name), 'utf8'))

test.each(Object.keys(ISSUES))('%s', (code) => {
  const [file, text] = ELSEWHERE[code] ?? []
  const provoked = REQUESTS.some((one) => one.code === code) || (file && readFileSync(join(HERE, file), 'utf8').includes(text ?? ''))
  // A word of its own in another test; codes of one word may stand there for something else.
  const named = code.includes('-') && texts.some((one) => new RegExp(`['"\`]${code}['"\`]`).test(one))
  const reason = UNREACHABLE[code]
  expect([code, Boolean(provoked) || named || reason !== undefined]).toEqual([code, true])
})

test('what is said to be unreachable is a code, and not brought about after all', () => {
  for (const code of Object.keys(UNREACHABLE))
    expect([code, code in ISSUES, REQUESTS.some((one) => one.code === code)]).toEqual([code, true, false])
})
