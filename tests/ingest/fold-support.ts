/** Statements of sources about one resource, and what they add up to. */
import type { MappedResource, SourceKind } from '../../mappings/engine/types.ts'
import { fold } from '../../server/ingest/fold/fold.ts'
import { joinStatements, statementOf } from '../../server/ingest/fold/statement.ts'
import { speakerOf, type Statement } from '../../server/ingest/fold/types.ts'

export const T1 = '2026-03-06T00:00:00.000Z'
export const T2 = '2026-03-06T03:00:00.000Z'

export interface Said {
  source?: string
  kind?: SourceKind
  statedAt?: string
  receivedAt?: string
  order?: string
  leaves?: readonly string[]
  withdrawn?: boolean
  placeholder?: true
  patient?: string
  without?: string[]
  yielding?: string[]
  unlisted?: MappedResource['unlisted']
  whole?: MappedResource['whole']
}

export function say(resource: Record<string, unknown>, said: Said = {}): Statement {
  const {
    source = 'h1',
    kind = 'hospital',
    statedAt = T1,
    receivedAt = T2,
    withdrawn = false,
    placeholder,
    order,
    patient = 'local',
    without,
    leaves,
    yielding,
    unlisted,
    whole,
  } = said
  const mapped: MappedResource = {
    key: { type: 'x', scope: 'x', parts: [] },
    resource: { resourceType: 'Observation', ...resource },
    state: withdrawn ? 'withdrawn' : 'current',
    statedAt,
    ...(placeholder && { placeholder }),
    ...(order !== undefined && { order }),
    ...(without && { without }),
    ...(leaves && { leaves }),
    ...(yielding && { yielding }),
    ...(unlisted && { unlisted }),
    ...(whole && { whole }),
  }
  const statement = statementOf(mapped, { source, kind, organization: `org-${source}`, receivedAt, generation: 0 }, (value) =>
    JSON.stringify(value),
  )
  return { ...statement, patient: { at: statement.state.at, id: patient } }
}

export const persons = (patient: string): string => `person-of-${patient}`

export function foldAll(type: string, statements: Statement[]): Record<string, unknown> {
  const bySource = new Map<string, Statement>()
  for (const s of statements) {
    const known = bySource.get(speakerOf(s))
    bySource.set(speakerOf(s), known ? joinStatements(known, s) : s)
  }
  return JSON.parse(fold(type, 'id', [...bySource.values()], persons).text)
}
