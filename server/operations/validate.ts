/**
 * [type]/$validate and [type]/[id]/$validate (R4 resource-operation-validate.html): what create or update would say, and nothing
 * is stored. The answer is 200 with an OperationOutcome, whatever was found; only what cannot be asked is refused.
 */
import { allows } from '../auth/scopes.ts'
import { type ParsedResource, parseResource } from '../fhir/resource-text.ts'
import { placesIn } from '../fhir/text-places.ts'
import type { FhirResource } from '../fhir/types.ts'
import { bodyText, notFound, outcomeAnswer } from '../interactions/answers.ts'
import { auditedRead } from '../interactions/audited.ts'
import { checkId, checkType, requireScope } from '../interactions/checks.ts'
import { currentForWrite } from '../interactions/current.ts'
import { decided } from '../interactions/decided.ts'
import { checkParameters } from '../interactions/parameters.ts'
import { checkParametersForm } from '../interactions/parameters-form.ts'
import { conditionsIn, expectedVersion } from '../interactions/preconditions.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../interactions/types.ts'
import { custodianOf } from '../interactions/writing.ts'
import { OutcomeError, type OutcomeIssue } from '../outcome/outcome-error.ts'
import { paramError } from '../search/parse/names.ts'
import type { Stored } from '../store/types.ts'
import { toOutcomeIssues } from '../validation/issue.ts'
import type { Operation } from './types.ts'

const DEFINITION = 'http://hl7.org/fhir/OperationDefinition/Resource-validate'
const UNDERSTOOD: ReadonlySet<string> = new Set(['mode', 'profile'])
const MODES: ReadonlySet<string> = new Set(['create', 'update', 'delete', 'profile'])

export const validateType: Operation = {
  code: 'validate',
  on: '*',
  level: 'type',
  methods: ['POST'],
  writes: false,
  definition: DEFINITION,
  run: validate,
}
export const validateInstance: Operation = { ...validateType, level: 'instance', methods: ['GET', 'POST'], definition: '' }

interface Asked {
  type: string
  id?: string
  mode?: string
  profile?: string
  sent?: ParsedResource
  at?: string
}

async function validate(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const asked = askedOf(request)
  if (!['c', 'u', 'r'].some((permission) => allows(request.actor, asked.type, permission as 'r'))) throw new OutcomeError('forbidden')
  const issues = await ISSUES_OF[asked.mode ?? '']?.(deps, request, asked)
  if (!issues) throw paramError('parameter-invalid', 'mode')
  return outcomeAnswer(200, issues.length > 0 ? issues : [{ code: 'valid', severity: 'information' }])
}

function askedOf(request: FhirRequest): Asked {
  const [type = '', second = ''] = request.segments
  checkType(type)
  checkParameters(request, request.query, { understood: UNDERSTOOD })
  const id = second.startsWith('$') ? undefined : second
  if (id !== undefined) checkId(id)
  const body = bodyOf(request, type)
  const named = (name: string): string | undefined => {
    const [value, again] = [
      ...(body.named.has(name) ? [body.named.get(name)] : []),
      ...request.query.flatMap(([key, one]) => (key === name ? [one] : [])),
    ]
    if (again !== undefined) throw paramError('parameter-repeated', name)
    return value
  }
  const [mode, profile] = [named('mode'), named('profile')]
  if (mode !== undefined && !MODES.has(mode)) throw paramError('parameter-invalid', 'mode')
  // Against a resource that stands: only where the address names one.
  if (id === undefined && mode !== undefined && mode !== 'create') throw paramError('parameter-invalid', 'mode')
  const isAboutStanding = mode === 'delete' || mode === 'profile'
  // A resource that stands is not sent; one that is to be written is.
  if (mode === 'profile' && body.sent) throw paramError('parameter-invalid', 'resource')
  if (!body.sent && (id === undefined || (mode !== undefined && !isAboutStanding))) throw paramError('parameter-invalid', 'resource')
  if (mode === 'profile' && profile === undefined) throw paramError('parameter-missing', 'profile')
  return {
    type,
    ...(id === undefined ? {} : { id }),
    ...(mode === undefined ? {} : { mode }),
    ...(profile === undefined ? {} : { profile }),
    ...(body.sent ? { sent: body.sent } : {}),
    ...(body.at === undefined ? {} : { at: body.at }),
  }
}

interface Body {
  sent?: ParsedResource
  /** FHIRPath of the resource in what was sent */
  at?: string
  named: ReadonlyMap<string, string>
}

/** The resource itself, or Parameters with it; of Parameters themselves only the latter can be told apart. */
function bodyOf(request: FhirRequest, type: string): Body {
  if (!request.body || request.body.length === 0) return { named: new Map() }
  const parsed = parseResource(request.body)
  if (parsed.resource.resourceType !== 'Parameters' || type === 'Parameters') return { sent: parsed, named: new Map() }
  checkParametersForm(parsed.resource)
  const list = Array.isArray(parsed.resource.parameter) ? (parsed.resource.parameter as unknown[]) : []
  const named = new Map<string, string>()
  let sent: ParsedResource | undefined
  let place: string | undefined
  for (const [at, item] of list.entries()) {
    const { name, resource, ...values } = (item ?? {}) as Record<string, unknown>
    if (typeof name === 'string' && (named.has(name) || (name === 'resource' && sent)))
      throw new OutcomeError('parameter-repeated', { expression: [`Parameters.parameter[${at}]`], params: { name } })
    const [value] = Object.entries(values).flatMap(([key, one]) => (key.startsWith('value') && typeof one === 'string' ? [one] : []))
    if (name === 'resource') {
      sent = { ...parsed, resource: resourceAt(resource, at) }
      place = `Parameters.parameter[${at}].resource`
    } else if (typeof name === 'string' && UNDERSTOOD.has(name) && value !== undefined) named.set(name, value)
    else throw new OutcomeError('parameter-invalid', { expression: [`Parameters.parameter[${at}]`], params: { name: 'parameter' } })
  }
  return { ...(sent ? { sent } : {}), ...(place === undefined ? {} : { at: place }), named }
}

function resourceAt(resource: unknown, at: number): FhirResource {
  const type = (resource as FhirResource | undefined)?.resourceType
  if (typeof type === 'string') return resource as FhirResource
  throw new OutcomeError('resource-type-missing', { expression: [`Parameters.parameter[${at}].resource.resourceType`] })
}

const ISSUES_OF: Record<string, (deps: FhirDeps, request: FhirRequest, asked: Asked) => Promise<OutcomeIssue[]>> = {
  '': ofContent,
  profile: ofContent,
  create: async (deps, request, asked) => [...(await ofWriting(deps, request, asked)), ...(await ofContent(deps, request, asked))],
  update: async (deps, request, asked) => [...(await ofWriting(deps, request, asked)), ...(await ofContent(deps, request, asked))],
  delete: ofDeletion,
}

/** Whether the caller could store it: as create and update find out, before they write. */
async function ofWriting(deps: FhirDeps, request: FhirRequest, { type, id, mode, sent }: Asked): Promise<OutcomeIssue[]> {
  const { actor } = request
  if (!sent || sent.resource.resourceType !== type) return []
  const custodian = custodianOf(deps, actor, type, sent)
  if (mode === 'create') {
    requireScope(actor, type, 'c')
    const made = deps.newId()
    const making = new Set(type === 'Patient' ? [made] : [])
    const { permitted } = await deps.access.mayWrite(actor, { type, id: made, method: 'POST', custodian, parsed: sent }, undefined, making)
    return permitted ? [] : [{ code: 'not-permitted' }]
  }
  requireScope(actor, type, 'u')
  // Operators write without seeing.
  if (actor.party !== 'operator' && actor.unrestricted !== true) await seen(deps, request, type, id ?? '')
  const current = await currentForWrite(deps, type, id ?? '')
  const { permitted } = await deps.access.mayWrite(actor, { type, id: id ?? '', method: 'PUT', custodian, parsed: sent }, current)
  return [...(permitted ? [] : [{ code: 'not-permitted' as const }]), ...ofVersion(request, current)]
}

/** If-Match and If-None-Match, as an update would take them. @throws OutcomeError precondition-invalid */
function ofVersion(request: FhirRequest, current: Stored | undefined): OutcomeIssue[] {
  const expect = expectedVersion(request, current)
  return expect === 'any' || expect === (current?.v ?? 'absent') ? [] : [{ code: 'version-conflict', ...conditionsIn(request) }]
}

async function ofContent(deps: FhirDeps, request: FhirRequest, asked: Asked): Promise<OutcomeIssue[]> {
  const { type, id, mode, profile, sent } = asked
  const { resource, decimals } = sent ?? parseResource(await stored(deps, request, type, id ?? ''))
  if (resource.resourceType !== type) return [{ code: 'resource-type-mismatch', expression: ['resourceType'] }]
  const own: OutcomeIssue[] = []
  const isUpdate = mode === 'update' || (mode === undefined && id !== undefined)
  if (sent && isUpdate && (resource.id === undefined || (id !== undefined && resource.id !== id)))
    own.push({ code: 'id-mismatch', expression: [`${type}.id`] })
  if (profile !== undefined && !deps.validator.knows(profile)) own.push({ code: 'profile-unknown' })
  await deps.validator.refresh()
  const found = await deps.validator.judge(resource, {
    mode: isUpdate ? 'update' : 'create',
    decimals,
    thorough: true,
    ...(profile === undefined ? {} : { profiles: [profile] }),
  })
  return [...own, ...(sent ? placed(toOutcomeIssues(found), request, asked) : toOutcomeIssues(found))]
}

/** With line and column of what each names in the JSON or XML that was sent. */
function placed(issues: OutcomeIssue[], request: FhirRequest, { at }: Asked): OutcomeIssue[] {
  if (issues.length === 0 || !request.body) return issues
  const placeOf = request.placesInXml ? request.placesInXml(at) : placesIn(new TextDecoder().decode(request.body), at)
  return issues.map((issue) => ({ ...issue, ...(issue.expression?.[0] === undefined ? {} : { place: placeOf(issue.expression[0]) }) }))
}

/** Would its deletion be let through? What the caller may not see is not found. */
async function ofDeletion(deps: FhirDeps, request: FhirRequest, { type, id = '' }: Asked): Promise<OutcomeIssue[]> {
  requireScope(request.actor, type, 'd')
  await stored(deps, request, type, id)
  const current = await deps.access.withDecision(request.actor, {}, (decision) => deps.store.read(decision, type, id))
  if (!current) throw notFound()
  const verdict = await deps.access.mayWrite(request.actor, { type, id, method: 'DELETE', custodian: current.acc.o }, current)
  return verdict.permitted ? [] : [{ code: 'not-permitted' }]
}

async function stored(deps: FhirDeps, request: FhirRequest, type: string, id: string): Promise<string> {
  requireScope(request.actor, type, 'r')
  // Issues name elements of the stored form.
  if (request.actor.form !== 'IDENT' && !request.actor.unrestricted) throw new OutcomeError('not-permitted')
  const value = await seen(deps, request, type, id)
  if (value.deleted) throw new OutcomeError('gone')
  return bodyText(value)
}

/** As the caller sees it; on record. @throws OutcomeError not-found, also of what is hidden */
async function seen(deps: FhirDeps, request: FhirRequest, type: string, id: string): Promise<Stored> {
  const { value } = await auditedRead(deps, request, { interaction: 'validate', action: 'R', type, id }, () =>
    decided(deps, request, [], (decision) => deps.store.read(decision, type, id)),
  )
  if (!value) throw notFound()
  return value
}
