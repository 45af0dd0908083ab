/** The form of Parameters that are sent to an operation (R4 parameters.html): what is misspelt in them would otherwise be none, and what it asks for not done. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { shownName } from '../search/parse/names.ts'

const OF_RESOURCE: ReadonlySet<string> = new Set(
  'resourceType id meta implicitRules _implicitRules language _language parameter'.split(' '),
)
const OF_PARAMETER: ReadonlySet<string> = new Set('id extension modifierExtension name _name resource part'.split(' '))
const VALUE = /^_?(value[A-Z][A-Za-z0-9]*)$/

/**
 * Elements that Parameters have, and of each parameter one value, resource or list of parts at most (inv-1). Of the parts each operation looks at
 * its own.
 * @throws OutcomeError unknown-element, type, parameter-invalid
 */
export function checkParametersForm(resource: Readonly<Record<string, unknown>>): void {
  const strange = Object.keys(resource).find((key) => !OF_RESOURCE.has(key))
  if (strange !== undefined) throw new OutcomeError('unknown-element', { expression: [`Parameters.${shownName(strange)}`] })
  const { parameter = [] } = resource
  if (!Array.isArray(parameter)) throw new OutcomeError('type', { expression: ['Parameters.parameter'], params: { rule: 'array' } })
  for (const [at, one] of (parameter as unknown[]).entries()) checkParameter(one, `Parameters.parameter[${at}]`)
}

function checkParameter(one: unknown, at: string): void {
  if (one === null || typeof one !== 'object' || Array.isArray(one))
    throw new OutcomeError('type', { expression: [at], params: { rule: 'object' } })
  const keys = Object.keys(one)
  const strange = keys.find((key) => !OF_PARAMETER.has(key) && !VALUE.test(key))
  if (strange !== undefined) throw new OutcomeError('unknown-element', { expression: [`${at}.${shownName(strange)}`] })
  const contents = new Set(keys.flatMap((key) => (key === 'resource' || key === 'part' ? key : (VALUE.exec(key)?.[1] ?? []))))
  if (contents.size < 2) return
  const { name } = one as { name?: unknown }
  throw new OutcomeError('parameter-invalid', { expression: [at], params: { name: typeof name === 'string' ? shownName(name) : '?' } })
}
