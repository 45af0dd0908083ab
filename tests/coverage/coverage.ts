/**
 * docs/coverage.md: which record of which source has a payload in the tests, and what comes of it. Made by running the mappings on the
 * payloads: `npm run build:coverage` writes it, coverage.test.ts finds out when it is old. A source plugs in by its list of claims below.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { MappedRecord } from '../../mappings/engine/types.ts'
import { sourceMapping } from '../../mappings/index.ts'
import { ORIGINAL_ONLY } from '../../mappings/rhip/tables/original-only.ts'
import { context, readAll, sample } from '../mappings/support.ts'
import { HOSPITAL } from './hospital.ts'
import { MIIS } from './miis.ts'
import { RHIP } from './rhip.ts'
import { type Claim, type Row, ROWS, SOURCES, type Source } from './rows.ts'

export const CLAIMS: Readonly<Record<Source, readonly Claim[]>> = { hospital: HOSPITAL, miis: MIIS, rhip: RHIP }

export const COVERAGE_PAGE = fileURLToPath(new URL('../../docs/coverage.md', import.meta.url))

/** Which mapping reads a sample, by its folder and ending. */
const FORMATS: readonly [path: RegExp, mapping: string][] = [
  [/^hospital\/.*\.hl7$/, 'hospital/hl7v2'],
  [/^hospital\/.*\.xml$/, 'hospital/cda'],
  [/^hospital\/home-page\//, 'hospital/home-page'],
  [/^hospital\/documents\//, 'hospital/documents'],
  [/^miis\//, 'miis/interface'],
  [/^rhip\/.*\.(?:csv|txt)$/, 'rhip/tables'],
  [/^rhip\/.*\.xml$/, 'rhip/de-xml'],
]

/** Platforms pass on the documents of their hospitals as they are. */
const formatOf = (source: Source, path: string): string | undefined =>
  source === 'rhip' && path.startsWith('hospital/cda/') ? 'rhip/cda' : FORMATS.find(([pattern]) => pattern.test(path))?.[1]

export interface Outcome {
  claim: Claim
  mapped: MappedRecord[]
  rejected: number
  /** type and profile of each kind of resource that is claimed */
  kinds: string[]
}

export async function outcomeOf(source: Source, claim: Claim): Promise<Outcome> {
  const mapping = sourceMapping(formatOf(source, claim.sample) ?? '')
  if (!mapping) throw new Error(`no mapping reads ${claim.sample}`)
  const { mapped, rejected } = await readAll(mapping, sample(claim.sample), {
    context: context(source, source === 'hospital' ? 'H1' : undefined),
    fileName: claim.sample.split('/').at(-1) ?? '',
  })
  const kinds = mapped.flatMap(({ resources }) =>
    resources.flatMap(({ resource, placeholder }) =>
      placeholder || !claim.makes.some((made) => isKind(kindOf(resource), made)) ? [] : [kindOf(resource)],
    ),
  )
  return { claim, mapped, rejected: rejected.length, kinds: [...new Set(kinds)].sort() }
}

/** Whether a kind is what a claim says: of a type, or of a type and profile. */
export const isKind = (kind: string, made: string): boolean => kind === made || kind.startsWith(`${made} (`)

function kindOf({ resourceType, meta }: { resourceType: string; meta?: { profile?: string[] } }): string {
  const profile = meta?.profile?.[0]?.split('/').at(-1)
  return profile === undefined ? resourceType : `${resourceType} (${profile})`
}

const HEAD = `# Coverage

Made of \`tests/coverage\` by \`npm run build:coverage\`; do not edit.

Each cell names payloads in \`tests/fixtures/samples\`, what the mappings make of them, and the test that says what that must be; \`tests/mappings/conformance.test.ts\` holds all of it to R4 and to
the profiles. *open*: the source has it and no payload of it is in the tests yet. *not carried*: the source has it on paper or as a picture, and [no message of its interface carries it](miis.md#what-states-nothing-of-a-record). –: the source does not have it, by the interview study whose Table 2 the rows follow.

`

const TITLES: Record<Row['part'], string> = {
  outpatient: 'Outpatient',
  inpatient: 'Inpatient',
  beyond: 'Beyond that table',
}

const UNCARRIED = '*not carried*'

async function cell(row: Row, source: Source): Promise<string> {
  if (!row.has.includes(source)) return '–'
  const claims = CLAIMS[source].filter((claim) => claim.row === row.id)
  if (claims.length === 0) return row.uncarried?.includes(source) ? UNCARRIED : '*open*'
  const parts = await Promise.all(
    claims.map(async (claim) => {
      const { kinds } = await outcomeOf(source, claim)
      const name = claim.sample.split('/').at(-1)
      return `\`${name}\` → ${kinds.join(', ')} ([test](../${claim.test}))`
    }),
  )
  return parts.join('<br>')
}

/** The whole page. */
export async function coveragePage(): Promise<string> {
  const parts: string[] = []
  for (const part of ['outpatient', 'inpatient', 'beyond'] as const) {
    const lines = await Promise.all(
      ROWS.filter((row) => row.part === part).map(
        async (row) => `| ${[row.name, ...(await Promise.all(SOURCES.map((source) => cell(row, source))))].join(' | ')} |`,
      ),
    )
    parts.push(`## ${TITLES[part]}\n\n| | hospital | MIIS | RHIP |\n|---|---|---|---|\n${lines.join('\n')}\n`)
  }
  return `${HEAD}${parts.join('\n')}\n${originals()}`
}

function originals(): string {
  const lines = Object.entries(ORIGINAL_ONLY).flatMap(([table, columns]) =>
    columns.length === 0 ? [] : [`| ${table} | ${columns.map((column) => `\`${column}\``).join(' ')} |`],
  )
  return `## Kept in the original only\n\nColumns of the platforms' tables that no mapping reads; why, says \`mappings/rhip/tables/original-only.ts\`.\n\n| table | columns |\n|---|---|\n${lines.join('\n')}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(COVERAGE_PAGE, await coveragePage())
