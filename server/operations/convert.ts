/**
 * $convert (R4 resource-operation-convert.html): the resource that is sent, in the form that is asked for. JSON and XML are read and written
 * where every request and answer is (server/http/fhir-endpoint.ts); here is seen to it that the resource has both forms. Nothing
 * is stored, and nothing of the sender's text stands in the account of uses.
 */
import { arrayItems, members, type ParsedResource, parseResource } from '../fhir/resource-text.ts'
import { audited } from '../interactions/audited.ts'
import { checkParameters } from '../interactions/parameters.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../interactions/types.ts'
import { parseBody } from '../interactions/writing.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { IssueCode } from '../outcome/issues.ts'
import { FHIR_JSON } from '../outcome/render.ts'
import { ISSUES_MAX, toOutcomeIssues } from '../validation/issue.ts'
import type { Operation } from './types.ts'

export const convert: Operation = {
  code: 'convert',
  on: 'system',
  level: 'system',
  methods: ['POST'],
  writes: false,
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-convert',
  run,
}

/** What has no other form. That something is missing, or breaks a rule, is no matter of form. */
const OF_FORM: ReadonlySet<IssueCode> = new Set<IssueCode>(['unknown-element', 'type', 'value-format', 'structure', 'number-range'])

async function run(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  checkParameters(request, request.query)
  const { resource, text, decimals } = inputOf(parseBody(request))
  const found = deps.validator.validate(resource, { mode: 'create', decimals })
  const wrong = found.filter(({ severity, code }) => severity === 'error' && OF_FORM.has(code))
  // A full list may have left out what is wrong with the form.
  if (wrong.length > 0 || found.length >= ISSUES_MAX) throw new OutcomeError(toOutcomeIssues(wrong.length > 0 ? wrong : found))
  await audited(deps, request, {
    interaction: 'convert',
    action: 'E',
    type: resource.resourceType,
    found: [],
    seen: { reason: 'own-content' },
  })
  return { status: 200, headers: { 'Content-Type': FHIR_JSON }, body: [text], reflected: [0] }
}

/** The resource itself, or Parameters with it and nothing else. */
function inputOf(sent: ParsedResource): ParsedResource {
  const list: unknown[] =
    sent.resource.resourceType === 'Parameters' && Array.isArray(sent.resource.parameter) ? sent.resource.parameter : []
  const [only, ...others] = list as ({ name?: unknown; resource?: unknown } | null)[]
  if (others.length > 0 || only?.name !== 'input' || only.resource === undefined) return sent
  const [item = ''] = arrayItems(memberText(sent.text, 'parameter'))
  return parseResource(memberText(item, 'resource'))
}

function memberText(text: string, name: string): string {
  const found = members(text).find(({ key }) => key === name)
  return found ? text.slice(found.valueStart, found.valueEnd) : ''
}
