/**
 * $graphql and [type]/[id]/$graphql (R4 graphql.html, resource-operation-graphql.html), to read: by GET with `query`, by POST of JSON, of
 * Parameters, or of the query itself (application/graphql). The answer is GraphQL's, no resource; a query that is none is refused as
 * every other bad request.
 */
import { execute, type ExecutionResult, type GraphQLFormattedError } from 'graphql'
import { audited } from '../../interactions/audited.ts'
import { checkId, checkType, requireScope } from '../../interactions/checks.ts'
import { decided } from '../../interactions/decided.ts'
import { checkParameters } from '../../interactions/parameters.ts'
import type { Json } from '../../interactions/marked-json.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { renderOutcome } from '../../outcome/render.ts'
import { inParameters, oneText } from '../in-parameters.ts'
import { paramError } from '../../search/parse/names.ts'
import type { Operation } from '../types.ts'
import { type Focus, invalid, type Prepared, prepare } from './document.ts'
import { printInTurns } from './print.ts'
import { schemaOf } from './schema.ts'
import { shaped } from './shape.ts'
import { Work } from './work.ts'

const base = { code: 'graphql', methods: ['GET', 'POST'], writes: false, run } as const
export const graphqlSystem: Operation = {
  ...base,
  on: 'system',
  level: 'system',
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-graphql',
}
/** The same definition: it is named once. */
export const graphqlInstance: Operation = { ...base, on: '*', level: 'instance', definition: '' }

const BODY_BYTES_MAX = 256 * 1024

interface Asked {
  query: string
  variables: Record<string, unknown>
  operationName?: string
}

async function run(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const focus = focusOf(request)
  const asked = askedOf(request)
  const schema = schemaOf(deps.search)
  const prepared = prepare(schema, asked.query, asked.operationName, focus)
  const seen = await decided(deps, request, [], async (decision) => {
    const work = new Work(deps, request, decision)
    const result = await execute({
      schema,
      document: prepared.document,
      contextValue: work,
      variableValues: asked.variables,
      ...(asked.operationName === undefined ? {} : { operationName: asked.operationName }),
    })
    return { result, work }
  })
  const { result, work } = seen.value
  // Whatever was reached is accounted for, answered with or not.
  const facts = work.facts().map((fact) => audited(deps, request, { action: fact.interaction === 'read' ? 'R' : 'E', ...fact, seen }))
  await Promise.all(facts)
  if (work.failure) throw work.failure
  const text = await printInTurns(answerOf(prepared, result, focus) as unknown as Json)
  return { status: 200, headers: { 'Content-Type': 'application/json; charset=utf-8' }, body: [text], reflected: [0] }
}

function focusOf({ segments, actor }: FhirRequest): Focus | undefined {
  const [type = '', id = ''] = segments
  if (segments.length === 1) return undefined
  checkType(type)
  checkId(id)
  requireScope(actor, type, 'r')
  return { type, id }
}

const IN_QUERY: ReadonlySet<string> = new Set(['query', 'variables', 'operationName'])

/** @throws OutcomeError parameter-missing, parameter-repeated, parameters-exclusive, graphql-invalid, json-invalid, body-too-large */
function askedOf(request: FhirRequest): Asked {
  const bytes = request.body ?? new Uint8Array()
  if (bytes.length > BODY_BYTES_MAX) throw new OutcomeError('body-too-large', { params: { max: BODY_BYTES_MAX } })
  checkParameters(request, request.query, { understood: IN_QUERY, once: IN_QUERY })
  const value = (name: string) => request.query.find(([key]) => key === name)?.[1]
  const [query, operationName] = [value('query'), value('operationName')]
  if (bytes.length === 0) return askedBy({ query, operationName, variables: jsonOf(value('variables') ?? 'null') })
  // Of two only one would be looked at.
  if (query !== undefined) throw paramError('parameters-exclusive', 'query')
  const text = utf8Of(bytes)
  if (/^\s*application\/graphql\s*(?:;|$)/i.test(request.header('content-type') ?? ''))
    return askedBy({ query: text, operationName, variables: jsonOf(value('variables') ?? 'null') })
  const beside = ['variables', 'operationName'].find((name) => value(name) !== undefined)
  if (beside !== undefined) throw paramError('parameters-exclusive', beside)
  const body = jsonOf(text)
  if (body === null || typeof body !== 'object' || Array.isArray(body)) throw new OutcomeError('json-not-object')
  if ((body as { resourceType?: unknown }).resourceType !== undefined) return askedBy({ query: oneText(inParameters(request), 'query') })
  return askedBy(body as Record<string, unknown>)
}

function askedBy({ query, variables, operationName }: Record<string, unknown>): Asked {
  if (query === undefined || query === null || query === '') throw paramError('parameter-missing', 'query')
  if (typeof query !== 'string') throw paramError('parameter-invalid', 'query')
  if (variables !== undefined && variables !== null && (typeof variables !== 'object' || Array.isArray(variables)))
    throw paramError('parameter-invalid', 'variables')
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string')
    throw paramError('parameter-invalid', 'operationName')
  return { query, variables: (variables ?? {}) as Record<string, unknown>, ...(operationName ? { operationName } : {}) }
}

function utf8Of(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new OutcomeError('charset-invalid')
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new OutcomeError('json-invalid', { params: { line: 1, column: 1 } })
  }
}

/** @throws whatever is no answer to a query: what fails here fails the request */
function answerOf({ document, operation }: Prepared, { data, errors = [] }: ExecutionResult, focus: Focus | undefined): object {
  // Variables that do not fit, whatever says so (a scalar has an error of its own): nothing was looked for.
  if (data === undefined) throw invalid(errors)
  for (const { originalError } of errors) if (originalError && !isAnswer(originalError)) throw originalError
  const whole = data && shaped(document, operation.selectionSet, data)
  const answer = focus && whole ? (whole[focus.type] ?? null) : whole
  if (focus && answer === null) throw errors[0]?.originalError ?? new OutcomeError('not-found')
  const told = errors.map((error): GraphQLFormattedError => {
    const [issue] = error.originalError instanceof OutcomeError ? renderOutcome(error.originalError.issues).issue : []
    const { text, coding } = (issue?.details ?? {}) as { text?: string; coding?: { code: string }[] }
    return {
      message: String(issue?.diagnostics ?? error.message),
      ...(error.locations ? { locations: error.locations } : {}),
      ...(error.path ? { path: focus ? error.path.slice(1) : error.path } : {}),
      ...(issue ? { extensions: { code: coding?.[0]?.code, text, ...(issue.expression ? { expression: issue.expression } : {}) } } : {}),
    }
  })
  return { data: answer, ...(told.length > 0 ? { errors: told } : {}) }
}

/** What REST answers with a status below 500 stands at its field. */
const isAnswer = (error: Error): boolean => error instanceof OutcomeError && error.status < 500
