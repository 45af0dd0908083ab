/**
 * Observation/$stats (R4 observation-operation-stats.html): statistics of one subject's measurements, an Observation for each code, and
 * for each unit of it: values of different units are not reckoned together.
 */
import type { Decision } from '../../access/decision.ts'
import { audited } from '../../interactions/audited.ts'
import { requireScope } from '../../interactions/checks.ts'
import { decided } from '../../interactions/decided.ts'
import { planForPersons } from '../../interactions/linked-patients.ts'
import { masked } from '../../interactions/read.ts'
import { parseSearch } from '../../interactions/search-request.ts'
import { told } from '../../interactions/through.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { FHIR_JSON } from '../../outcome/render.ts'
import type { PlanNode } from '../../search/plan.ts'
import type { ParsedSearch } from '../../search/types.ts'
import type { Stored } from '../../store/types.ts'
import type { Operation } from '../types.ts'
import { type Asked, askedOf } from './asked.ts'
import { codeKey, type Code, type Measured, measuredBy } from './measurements.ts'
import { type CodeResults, resultsOf, statisticsText } from './results.ts'

const TYPE = 'Observation'
/** Observations that are reckoned with: some years of daily values; more are asked for by a shorter period. */
const FOUND_MAX = 10_000

export const stats: Operation = {
  code: 'stats',
  on: TYPE,
  level: 'type',
  methods: ['GET', 'POST'],
  writes: false,
  definition: 'http://hl7.org/fhir/OperationDefinition/Observation-stats',
  run,
}

async function run(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  requireScope(request.actor, TYPE, 's')
  const asked = askedOf(deps, request)
  const ofCodes = searchOf(deps, request, asked, [['combo-code', asked.codes.map(tokenOf).join(',')]])
  const ofMembers = searchOf(deps, request, asked, [])
  const seen = await decided(deps, request, ofCodes.patients, async (decision) => {
    const found = await findAll(deps, decision, ofCodes)
    const measured = found.map((doc) => ({ doc, ...measuredBy(deps, doc) }))
    const members = await membersOf(deps, decision, ofMembers, asked, measured)
    return { found, measured, members }
  })
  const { found, measured, members } = seen.value
  const results = resultsOf(
    asked.codes,
    measured,
    members.map((doc) => ({ doc, ...measuredBy(deps, doc) })),
  )
  const all = [...new Map([...found, ...members].map((doc) => [doc.id, doc])).values()]
  const sources = all.slice(0, asked.sources)
  const tells = [...new Set([...sources, ...told([all])])]
  await audited(deps, request, {
    interaction: 'stats',
    action: 'E',
    type: TYPE,
    found: tells,
    seen,
    query: ofCodes.applied,
    total: all.length,
  })
  return answer(deps, request, asked, results, sources)
}

/** As a search of the same: with what it may ask, and for the patients that it names. @throws OutcomeError parameter-forbidden */
function searchOf(deps: FhirDeps, request: FhirRequest, { subject, period }: Asked, more: [string, string][]): ParsedSearch {
  const query: [string, string][] = [
    ['subject', escaped(subject)],
    ['status:not', 'entered-in-error'],
    ...(period?.start === undefined ? [] : [['date', `ge${period.start}`] as [string, string]]),
    ...(period?.end === undefined ? [] : [['date', `le${period.end}`] as [string, string]]),
    ...more,
  ]
  return parseSearch(deps, request.actor, TYPE, query, true)
}

const escaped = (text: string): string => text.replace(/[\\,|$]/g, '\\$&')
const tokenOf = ({ system, code }: Code): string => `${escaped(system)}|${escaped(code)}`

/** Newest first. @throws OutcomeError too-costly */
async function findAll(deps: FhirDeps, decision: Decision, parsed: ParsedSearch, more: PlanNode[] = []): Promise<Stored[]> {
  const plan = await planForPersons(deps, decision, { ...parsed, plan: { kind: 'and', nodes: [parsed.plan, ...more] } })
  const page = await deps.store.search(decision, { type: TYPE, plan, sort: [], count: FOUND_MAX, total: 'none' })
  if (page.next) throw new OutcomeError('too-costly')
  return page.rows
}

/** What the panels among those found refer to, of the same subject and time. */
async function membersOf(
  deps: FhirDeps,
  decision: Decision,
  parsed: ParsedSearch,
  { codes }: Asked,
  measured: readonly Measured[],
): Promise<Stored[]> {
  const asked = new Set(codes.map(codeKey))
  const panels = measured.filter(({ own }) => own.codes.some((code) => asked.has(codeKey(code))))
  const ids = panels.flatMap(({ members }) => members)
  return ids.length === 0 ? [] : findAll(deps, decision, parsed, [{ kind: 'ids', ids: [...new Set(ids)] }])
}

/** Sources are spliced in as they are stored. */
function answer(deps: FhirDeps, request: FhirRequest, asked: Asked, results: readonly CodeResults[], sources: Stored[]): FhirResponse {
  const statistics = results.map((result) => `{"name":"statistics","resource":${statisticsText(asked, result)}}`)
  const body: (Uint8Array | string)[] = [`{"resourceType":"Parameters","parameter":[${statistics.join(',')}`]
  for (const source of sources) body.push(',{"name":"source","resource":', masked(deps, request, source), '}')
  return { status: 200, headers: { 'Content-Type': FHIR_JSON }, body: [...body, ']}'] }
}
