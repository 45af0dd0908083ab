/** Where a text stops being JSON (RFC 8259): only looked for once it is known that it is none. Says the place, never what stands there. */

export interface Place {
  /** both from 1 */
  line: number
  column: number
}

export function faultIn(source: string): Place {
  const at = faultAt(source)
  let line = 1
  let begin = 0
  for (let end = source.indexOf('\n'); end >= 0 && end < at; end = source.indexOf('\n', end + 1)) {
    line++
    begin = end + 1
  }
  return { line, column: at - begin + 1 }
}

type Wanted = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'end or comma'

/** Offset of the first character that cannot stand where it does; of JSON, its end. */
export function faultAt(source: string): number {
  const open: string[] = []
  let wanted: Wanted = 'value'
  let at = 0
  for (;;) {
    while (at < source.length && ' \n\r\t'.includes(source[at] as string)) at++
    const next: [Wanted, number] | undefined = step(source, at, wanted, open)
    if (!next) return at
    if (next[1] < 0) return -next[1]
    ;[wanted, at] = next
  }
}

/** What is wanted behind one token and where it ends; undefined at a fault, a negative end for one inside a string. */
function step(source: string, at: number, wanted: Wanted, open: string[]): [Wanted, number] | undefined {
  const c = source[at]
  if (c === undefined) return undefined
  if (wanted === 'colon') return c === ':' ? ['value', at + 1] : undefined
  if (wanted === 'end or comma') return afterValue(c, at, open)
  if ((c === ']' && wanted === 'value or ]') || (c === '}' && wanted === 'key or }')) {
    open.pop()
    return ['end or comma', at + 1]
  }
  const isKey = wanted === 'key' || wanted === 'key or }'
  if (c === '"') return [isKey ? 'colon' : 'end or comma', endOfString(source, at)]
  if (isKey) return undefined
  if (c === '{' || c === '[') {
    open.push(c)
    return [c === '{' ? 'key or }' : 'value or ]', at + 1]
  }
  SCALAR.lastIndex = at
  return SCALAR.test(source) ? ['end or comma', SCALAR.lastIndex] : undefined
}

function afterValue(c: string, at: number, open: string[]): [Wanted, number] | undefined {
  const inside = open.at(-1)
  if (c === ',' && inside !== undefined) return [inside === '{' ? 'key' : 'value', at + 1]
  if (!((c === '}' && inside === '{') || (c === ']' && inside === '['))) return undefined
  open.pop()
  return ['end or comma', at + 1]
}

const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/y

/** The offset behind a string; that of a fault in it, negative. */
function endOfString(source: string, start: number): number {
  let at = start + 1
  while (at < source.length && source.charCodeAt(at) >= 32) {
    if (source[at] === '"') return at + 1
    if (source[at] === '\\') {
      ESCAPE.lastIndex = at
      if (!ESCAPE.test(source)) return -at
      at = ESCAPE.lastIndex
    } else at++
  }
  return -at
}
