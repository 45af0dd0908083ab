/** The verdicts of HL7's engine as they are kept: of each resource that was asked about, a digest of its text and the elements with errors. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Errors } from './verdicts.ts'

export const FIXTURE = join(import.meta.dirname, '..', '..', 'fixtures', 'java-verdicts.json')

/** [digest, element → kinds]; the second is left out when there is no error. */
export type Kept = [digest: string, errors?: Record<string, string[]>]

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 8)

export const keptOf = (text: string, errors: Errors): Kept =>
  errors.size === 0 ? [digestOf(text)] : [digestOf(text), Object.fromEntries([...errors].map(([at, kinds]) => [at, kinds]))]

export function readFixture(): Map<string, Kept> {
  const text = existsSync(FIXTURE) ? readFileSync(FIXTURE, 'utf8') : '{}'
  return new Map(Object.entries(JSON.parse(text) as Record<string, Kept>))
}

/** One resource a line: a change shows where it is. */
export function writeFixture(kept: ReadonlyMap<string, Kept>): void {
  const lines = [...kept].map(([name, each]) => `${JSON.stringify(name)}:${JSON.stringify(each)}`)
  writeFileSync(FIXTURE, `{\n${lines.join(',\n')}\n}\n`)
}
