/**
 * Patient/$match (R4 patient-operation-match.html): Patients that may be the person described, the likeliest first, each with a
 * score and a grade. Only those that the asker would find by a search are compared with; in a masked form nobody is.
 */
import { type ParsedResource, parseStored } from '../../fhir/resource-text.ts'
import type { FhirResource } from '../../fhir/types.ts'
import { bodyText } from '../../interactions/answers.ts'
import { audited } from '../../interactions/audited.ts'
import { bundleAnswer } from '../../interactions/bundle-text.ts'
import { requireScope } from '../../interactions/checks.ts'
import { decided } from '../../interactions/decided.ts'
import { checkParameters } from '../../interactions/parameters.ts'
import { checkParametersForm } from '../../interactions/parameters-form.ts'
import { shown } from '../../interactions/read.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { parseBody } from '../../interactions/writing.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { paramError } from '../../search/parse/names.ts'
import type { Stored } from '../../store/types.ts'
import { toOutcomeIssues } from '../../validation/issue.ts'
import type { Operation } from '../types.ts'
import { findCandidates, queriesOf } from './candidates.ts'
import { type Graded, gradeOf, NAMES_MAX } from './compare.ts'
import { type Facts, factsOf } from './facts.ts'

const GRADE = 'http://hl7.org/fhir/StructureDefinition/match-grade'
const COUNT_DEFAULT = 20
const COUNT_MAX = 100

export const patientMatch: Operation = {
  code: 'match',
  on: 'Patient',
  level: 'type',
  methods: ['POST'],
  writes: false,
  definition: 'http://hl7.org/fhir/OperationDefinition/Patient-match',
  run: match,
}

type Match = Graded & { doc: Stored }

async function match(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  requireScope(request.actor, 'Patient', 's')
  requireScope(request.actor, 'Patient', 'r')
  // Names and numbers are what a masked form leaves out.
  if (request.actor.form !== 'IDENT' && !request.actor.unrestricted) throw new OutcomeError('forbidden')
  checkParameters(request, request.query, { understood: IN_QUERY, once: IN_QUERY })
  if (request.segments.length !== 2) throw new OutcomeError('not-found')
  const { facts, onlyCertain, count } = askedOf(deps, request)
  const seen = await decided(deps, request, [], async (decision) => {
    const found = await findCandidates(deps, decision, facts)
    return onlyCertain ? oneCertain(deps, graded(facts, found)) : graded(facts, found)
  })
  const matches = seen.value
  await audited(deps, request, { interaction: 'match', action: 'E', type: 'Patient', found: matches.map(({ doc }) => doc), seen })
  const entries = matches.slice(0, count).map(({ doc, score, grade }) => ({
    ...shown(deps, request, doc),
    search: { extension: [{ url: GRADE, valueCode: grade }], mode: 'match' as const, score },
  }))
  return bundleAnswer('searchset', entries, { total: matches.length })
}

/** The likeliest first; of the same score in the order of ids, so that the same question has the same answer. */
function graded(facts: Facts, found: readonly Stored[]): Match[] {
  const matches = found.flatMap((doc) => {
    const known = gradeOf(facts, factsOf(parseStored(bodyText(doc)).resource))
    return known ? [{ doc, ...known }] : []
  })
  return matches.sort((a, b) => b.score - a.score || (a.doc.id < b.doc.id ? -1 : 1))
}

/** Where several persons are certain, none is: records that are linked are one. */
async function oneCertain(deps: FhirDeps, matches: readonly Match[]): Promise<Match[]> {
  const certain = matches.filter(({ grade }) => grade === 'certain')
  const persons = await deps.access.personsOf(certain.map(({ doc }) => doc.id))
  return new Set(persons.values()).size > 1 ? [] : certain
}

interface Asked {
  facts: Facts
  onlyCertain: boolean
  count: number
}

/** Parameters, or the Patient alone; what is simple may stand in the address. @throws OutcomeError */
function askedOf(deps: FhirDeps, request: FhirRequest): Asked {
  const parsed = parseBody(request)
  const named = namedIn(parsed.resource)
  for (const [name, text] of request.query) {
    if (!IN_QUERY.has(name)) continue
    if (named.has(name)) throw paramError('parameter-repeated', name)
    named.set(name, valueIn(name, text))
  }
  const resource = parsed.resource.resourceType === 'Parameters' ? named.get('resource') : parsed.resource
  if (resource === null || typeof resource !== 'object') throw paramError('parameter-invalid', 'resource')
  const patient = resource as FhirResource
  if (patient.resourceType !== 'Patient') throw new OutcomeError('resource-type-mismatch', { expression: ['resourceType'] })
  requireSound(deps, { ...parsed, resource: patient })
  const facts = factsOf(patient)
  if (facts.names.length > NAMES_MAX)
    throw new OutcomeError('parameter-values', { expression: ['Patient.name'], params: { name: 'Patient.name', max: NAMES_MAX } })
  if (queriesOf(facts).length === 0) throw paramError('parameter-invalid', 'resource')
  const onlyCertain = named.get('onlyCertainMatches') ?? false
  if (typeof onlyCertain !== 'boolean') throw paramError('parameter-invalid', 'onlyCertainMatches')
  const count = named.get('count') ?? COUNT_DEFAULT
  if (!Number.isInteger(count) || Number(count) < 1) throw paramError('parameter-invalid', 'count')
  return { facts, onlyCertain, count: Math.min(Number(count), COUNT_MAX) }
}

const UNDERSTOOD: ReadonlyMap<string, string> = new Map([
  ['resource', 'resource'],
  ['onlyCertainMatches', 'valueBoolean'],
  ['count', 'valueInteger'],
])

const IN_QUERY: ReadonlySet<string> = new Set(['onlyCertainMatches', 'count'])

/** The value that a text stands for; one that stands for none stays what it is, and is refused as such. */
function valueIn(name: string, text: string): unknown {
  if (name === 'count') return /^\d{1,9}$/.test(text) ? Number(text) : text
  return text === 'true' || text === 'false' ? text === 'true' : text
}

/** Values of the parameters, each once. @throws OutcomeError */
function namedIn(resource: FhirResource): Map<string, unknown> {
  const found = new Map<string, unknown>()
  if (resource.resourceType !== 'Parameters') return found
  checkParametersForm(resource)
  for (const one of Array.isArray(resource.parameter) ? (resource.parameter as Record<string, unknown>[]) : []) {
    const name = typeof one?.name === 'string' ? one.name : '?'
    const key = UNDERSTOOD.get(name)
    if (key === undefined) throw paramError('parameter-unknown', name)
    if (found.has(name)) throw paramError('parameter-repeated', name)
    // Of another type it is none: passed over, what was asked for would not be done.
    if (one[key] === undefined || one[key] === null) throw paramError('parameter-invalid', name)
    found.set(name, one[key])
  }
  return found
}

/** It need not be complete, but what there is must be a Patient's. @throws OutcomeError */
function requireSound(deps: FhirDeps, { resource, decimals }: ParsedResource): void {
  const issues = deps.validator.validate(resource, { mode: 'create', decimals })
  const wrong = issues.filter(({ severity, kind, code }) => severity === 'error' && kind === 'structure' && code !== 'required')
  if (wrong.length > 0) throw new OutcomeError(toOutcomeIssues(wrong))
}
