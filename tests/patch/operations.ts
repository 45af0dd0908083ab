/** Operations of a FHIRPath Patch, written short. */
import { applyFhirPathPatch, parseFhirPathPatch } from '../../server/interactions/fhirpath-patch.ts'

export type Parts = Record<string, unknown>

/** A value as value[x], as parts, or as a resource. */
const TYPES: Record<string, string> = { type: 'valueCode', path: 'valueString', name: 'valueString' }
const operation = (parts: Parts) => ({
  name: 'operation',
  part: Object.entries(parts).map(([name, value]) => {
    if (name === 'value') return { name, ...(value as object) }
    return { name, [TYPES[name] ?? 'valueInteger']: value }
  }),
})
const parameters = (...operations: Parts[]): string =>
  JSON.stringify({ resourceType: 'Parameters', ...(operations.length > 0 ? { parameter: operations.map(operation) } : {}) })

export const apply = (resource: string | object, ...operations: Parts[]): string =>
  applyFhirPathPatch(
    typeof resource === 'string' ? resource : JSON.stringify(resource),
    parseFhirPathPatch(Buffer.from(parameters(...operations))),
  )
export const add = (path: string, name: string, value: object): Parts => ({ type: 'add', path, name, value })
export const replace = (path: string, value: object): Parts => ({ type: 'replace', path, value })
export const remove = (path: string): Parts => ({ type: 'delete', path })
export const insert = (path: string, index: number, value: object): Parts => ({ type: 'insert', path, index, value })
export const move = (path: string, source: number, destination: number): Parts => ({ type: 'move', path, source, destination })

export const patient = (members: string): string => `{"resourceType":"Patient"${members === '' ? '' : `,${members}`}}`
export const four = patient('"identifier":[{"value":"1"},{"value":"2"},{"value":"3"},{"value":"4"}]')
export const order = (text: string): string => (JSON.parse(text).identifier as { value: string }[]).map(({ value }) => value).join('')
