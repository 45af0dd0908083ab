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

/** Fields of a bill of ten thousand lines are some hundred thousand: others have their turn between so many. */
const FIELDS_IN_A_STEP = 5_000

function* nodeNamesIn(fields: Iterable<string>): Generator<void, Set<string>> {
  const names = new Set<string>()
  let seen = 0
  for (const field of fields) {
    const name = NODE.exec(field)?.[0]
    if (name !== undefined) names.add(name)
    if (++seen % FIELDS_IN_A_STEP === 0) yield
  }
  return names
}

/** Names of nodes are the sender's own: those that are none go by their place alone. */
const NAME = /^[A-Za-z]\w{0,63}$/

/** In steps, as the message itself is gone through. */
export function* sayUnreadNodes(record: RecordBuilder, request: MiisObject | undefined, response: MiisObject | undefined): Generator<void> {
  const known = yield* nodeNamesIn(record.fieldNames())
  ofSide(record, known, 'input', request?.input)
  ofSide(record, known, 'output', response?.output)
}

function ofSide(record: RecordBuilder, known: ReadonlySet<string>, side: Side, parent: MiisValue | undefined): void {
  if (!isObject(parent)) return
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
