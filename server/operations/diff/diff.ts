/**
 * [type]/[id]/$diff and $diff?from=&to= (not of R4; as HAPI FHIR has it, https://hapifhir.io/hapi-fhir/docs/server_jpa/diff.html): what
 * is different between two versions of a resource, or two resources of one type, as a FHIRPath Patch with the values before.
 * Both are compared in the form in which the asker would read them, and each version counts by its own labels.
 */
import type { Decision } from '../../access/decision.ts'
import { parseReference } from '../../fhir/reference.ts'
import { bodyText, notFound } from '../../interactions/answers.ts'
import { audited } from '../../interactions/audited.ts'
import { checkId, checkType, requireScope } from '../../interactions/checks.ts'
import { decided } from '../../interactions/decided.ts'
import { type JsonObject, parseMarked, printMarked } from '../../interactions/marked-json.ts'
import { checkParameters } from '../../interactions/parameters.ts'
import { masked } from '../../interactions/read.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { FHIR_JSON } from '../../outcome/render.ts'
import { paramError } from '../../search/parse/names.ts'
import type { Stored } from '../../store/types.ts'
import { loadBase } from '../../validation/base.ts'
import { type InParameter, inParameters, oneBoolean, oneText } from '../in-parameters.ts'
import type { Operation } from '../types.ts'
import { differences } from './compare.ts'
import { parametersOf } from './parameters.ts'

const DEFINITION = 'http://hapifhir.io/fhir/OperationDefinition'
const base = { code: 'diff', methods: ['GET', 'POST'], writes: false } as const
export const diffInstance: Operation = { ...base, on: '*', level: 'instance', definition: `${DEFINITION}/Instance-t-diff`, run: ofVersions }
export const diffSystem: Operation = { ...base, on: 'system', level: 'system', definition: `${DEFINITION}/Server-s-diff`, run: ofTwo }

const OF_VERSIONS: ReadonlySet<string> = new Set(['fromVersion', 'includeMeta'])
const OF_TWO: ReadonlySet<string> = new Set(['from', 'to', 'includeMeta'])
const META: ReadonlySet<string> = new Set(['meta'])
const NONE: ReadonlySet<string> = new Set()

/** A version, or the current one. */
interface Named {
  type: string
  id: string
  version?: number
}

/** `from` is absent where there is nothing before. */
interface Two {
  from?: Stored
  to: Stored
}

async function ofVersions(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const [type = '', id = ''] = request.segments
  checkType(type)
  checkId(id)
  requireScope(request.actor, type, 'r')
  const sent = sentTo(request, OF_VERSIONS)
  const text = oneText(sent, 'fromVersion')
  if (text !== undefined && !/^[1-9]\d{0,8}$/.test(text)) throw paramError('parameter-invalid', 'fromVersion')
  return answered(deps, request, sent, { type, id }, async (decision) => {
    if (text !== undefined)
      return [await versionOf(deps, decision, { type, id, version: Number(text) }), await versionOf(deps, decision, { type, id })]
    const [to, before] = await deps.store.history(decision, type, id, { count: 2 })
    return [before?.deleted ? undefined : before, to, 'may be the first'] as const
  })
}

async function ofTwo(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const sent = sentTo(request, OF_TWO)
  const [from, to] = [namedBy(deps, sent, 'from'), namedBy(deps, sent, 'to')]
  if (from.type !== to.type) throw paramError('parameter-invalid', 'to')
  requireScope(request.actor, from.type, 'r')
  return answered(deps, request, sent, from, (decision) => Promise.all([versionOf(deps, decision, from), versionOf(deps, decision, to)]))
}

function sentTo(request: FhirRequest, understood: ReadonlySet<string>): InParameter[] {
  const sent = inParameters(request)
  checkParameters(
    request,
    sent.map(({ name }) => [name, '']),
    { understood },
  )
  return sent
}

/** @throws OutcomeError parameter-missing, parameter-invalid, resource-type-unknown */
function namedBy(deps: FhirDeps, sent: readonly InParameter[], name: 'from' | 'to'): Named {
  const text = oneText(sent, name)
  if (text === undefined) throw paramError('parameter-missing', name)
  const target = parseReference(text, deps.baseUrl)
  if (target?.kind !== 'local') throw paramError('parameter-invalid', name)
  checkType(target.type)
  const { type, id, version } = target
  // What is no number of a version is the name of none.
  return { type, id, ...(version === undefined ? {} : { version: /^[1-9]\d{0,8}$/.test(version) ? Number(version) : 0 }) }
}

const versionOf = (deps: FhirDeps, decision: Decision, { type, id, version }: Named): Promise<Stored | undefined> =>
  version === undefined ? deps.store.read(decision, type, id) : deps.store.readVersion(decision, type, id, version)

type Find = (decision: Decision) => Promise<readonly [Stored | undefined, Stored | undefined, 'may be the first'?]>

async function answered(
  deps: FhirDeps,
  request: FhirRequest,
  sent: readonly InParameter[],
  { type, id }: Named,
  find: Find,
): Promise<FhirResponse> {
  const leftOut = oneBoolean(sent, 'includeMeta') ? NONE : META
  const seen = await decided(deps, request, [], find)
  const [from, to, mayBeFirst] = seen.value
  const found = [from, to].flatMap((doc) => doc ?? [])
  await audited(deps, request, { interaction: 'diff', action: 'R', type, id, found, seen })
  if (!to || !(from || mayBeFirst)) throw notFound()
  if (to.deleted || from?.deleted) throw new OutcomeError('gone')
  const text = differenceOf(deps, request, { to, ...(from ? { from } : {}) }, leftOut)
  return { status: 200, headers: { 'Content-Type': FHIR_JSON }, body: [text] }
}

function differenceOf(deps: FhirDeps, request: FhirRequest, { from, to }: Two, leftOut: ReadonlySet<string>): string {
  const { tree } = loadBase()
  const shown = (doc: Stored): JsonObject => {
    const text = masked(deps, request, doc)
    return parseMarked(typeof text === 'string' ? text : bodyText(doc)) as JsonObject
  }
  const after = shown(to)
  const before = from ? shown(from) : { resourceType: to.type }
  return printMarked(parametersOf(tree, differences(tree, before, after, leftOut)))
}
