/**
 * Nodes of a message that its transaction did not look at: what is nowhere else is at least said on the receipt (formats.md D). The fields
 * of a node that nobody knows are listed as unread; of a node that is one by the interface, what follows the first of a list is an error,
 * because the sender means it to count (two visits in one 2205).
 */
import type { RecordBuilder } from '../engine/record.ts'
import type { MiisObject, MiisValue } from '../parsers/miis-json.ts'
import { isObject } from './envelope.ts'

type Side = 'input' | 'output'

/** `input.data` or `input.diseinfo[3]`, of a field in it. */
const NODE = /^(?:input|output)\.[^.[]+(?:\[\d+\])?/

const nodeNamesIn = (fields: Iterable<string>): Set<string> => {
  const names = new Set<string>()
  for (const field of fields) {
    const name = NODE.exec(field)?.[0]
    if (name !== undefined) names.add(name)
  }
  return names
}

/** Names of nodes are the sender's own: those that are none go by their place alone. */
const NAME = /^[A-Za-z]\w{0,63}$/

export function sayUnreadNodes(record: RecordBuilder, envelope: MiisObject | undefined, side: Side): void {
  const parent = envelope?.[side]
  if (!isObject(parent)) return
  const known = nodeNamesIn(record.fieldNames())
  for (const [name, value] of Object.entries(parent)) {
    const path = NAME.test(name) ? `${side}.${name}` : side
    if (Array.isArray(value)) ofList(record, known, path, value)
    else if (isObject(value)) {
      if (!known.has(path) && !known.has(`${path}[0]`)) record.offer(value, (field) => `${path}.${field}`)
    } else record.offer({ [name]: value }, () => path)
  }
}

function ofList(record: RecordBuilder, known: ReadonlySet<string>, path: string, list: readonly MiisValue[]): void {
  const isOne = known.has(path)
  for (const [at, one] of list.entries()) {
    if (!isObject(one) || known.has(`${path}[${at}]`) || (isOne && at === 0)) continue
    if (isOne) record.issue({ severity: 'error', code: 'miis-node-repeated', at: `${path}[${at}]` })
    else record.offer(one, (field) => `${path}[${at}].${field}`)
  }
}
