/**
 * SearchParameters as they are written (R4 searchparameter.html): an active one takes effect, any other has none. Only operators
 * may write them (access/may-write.ts). What is wrong is refused before anything is stored; what takes effect, or no longer does,
 * is committed with the resource.
 */
import { isDeepStrictEqual } from 'node:util'
import type { FhirResource } from '../fhir/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { CUSTOM_PARAMETERS_MAX } from '../search/limits.ts'
import { parameterOf, type ParameterResource } from '../search/parameter-resource.ts'
import type { CustomParameter, Search, SearchParameter } from '../search/types.ts'
import type { SideWrite } from '../store/types.ts'
import type { Draft } from '../writer/types.ts'
import { definitionOf, GENERATION, type IndexingTables, type ParameterDoc, TABLES } from './tables.ts'

const TYPE = 'SearchParameter'

/** Parameters in force by the id of their resource. */
type InForce = Map<string, ParameterDoc>

/**
 * What is to be committed beside these drafts; nothing where they change no parameter in force.
 * @throws OutcomeError search-parameter-…, search-parameters-many
 */
export async function parameterWrites(search: Search, tables: IndexingTables, drafts: readonly Draft[]): Promise<SideWrite[]> {
  const written = drafts.filter(({ type }) => type === TYPE)
  if (written.length === 0) return []
  const n = (await tables.generation.get(GENERATION))?.n ?? 0
  const before: InForce = new Map((await tables.parameters.find({ _id: { $ne: GENERATION } })).map((row) => [row._id, row]))
  const after: InForce = new Map(before)
  for (const draft of written) apply(search, after, draft, n + 1)
  const side = changesOf(before, after)
  if (side.length === 0) return []
  if (after.size > CUSTOM_PARAMETERS_MAX) throw new OutcomeError('search-parameters-many', { params: { max: CUSTOM_PARAMETERS_MAX } })
  checkComposites(search, after)
  // Two that change parameters at once meet here: the slower one is told to try again.
  return [...side, { table: TABLES.parameters, op: 'update', where: { _id: GENERATION, n }, set: { n: n + 1 }, mustMatch: true }]
}

function apply(search: Search, inForce: InForce, { id, parsed, method }: Draft, since: number): void {
  const resource = method === 'DELETE' ? undefined : parsed?.resource
  if (resource?.status !== 'active') {
    inForce.delete(id)
    return
  }
  const standing = inForce.get(id)
  inForce.delete(id)
  const others = [...inForce.values()].map(customOf)
  const parameter = parameterOf(resource as FhirResource & ParameterResource, codeOf(search, others))
  search.check(parameter, others)
  const same = standing && isDeepStrictEqual(definitionOf(standing), parameter)
  inForce.set(
    id,
    same
      ? standing
      : {
          _id: id,
          definition: JSON.stringify(parameter),
          since,
          ready: standing !== undefined && isLike(standing, parameter) && standing.ready,
        },
  )
}

/** What only its address tells apart is indexed alike. */
function isLike(standing: ParameterDoc, parameter: SearchParameter): boolean {
  return isDeepStrictEqual({ ...definitionOf(standing), url: '' }, { ...parameter, url: '' })
}

const customOf = (row: ParameterDoc): CustomParameter => ({ ...definitionOf(row), ready: row.ready })

function codeOf(search: Search, others: readonly CustomParameter[]): (url: string) => string | undefined {
  return (url) => [...search.builtIn, ...others].find((one) => one.url === url)?.code
}

/** A part of a composite may not go before it. @throws OutcomeError search-parameter-component */
function checkComposites(search: Search, inForce: InForce): void {
  const all = [...inForce.values()].map(customOf)
  for (const one of all)
    if (one.component)
      search.check(
        one,
        all.filter((other) => other !== one),
      )
}

function changesOf(before: InForce, after: InForce): SideWrite[] {
  const gone = [...before.keys()].filter((id) => !after.has(id))
  const changed = [...after.values()].filter((row) => before.get(row._id) !== row)
  return [
    ...gone.map((_id): SideWrite => ({ table: TABLES.parameters, op: 'delete', where: { _id } })),
    ...changed.map((doc): SideWrite => ({ table: TABLES.parameters, op: 'put', doc })),
  ]
}
