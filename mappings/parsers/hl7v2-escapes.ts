/** Escape sequences of HL7 v2 (chapter 2, use of escape sequences in text fields) to plain text (formats.md D37). */
import type { Separators } from './hl7v2-separators.ts'
import { decodeText } from './charset.ts'

const SEQUENCE_CHARACTERS_MAX = 64

/** Unknown sequences and lone escape characters stay as they are: a path like `C:\lab` is no escape. */
export function unescapeHl7(text: string, separators: Separators): string {
  const mark = separators.escape
  let at = text.indexOf(mark)
  if (at < 0) return text
  let out = ''
  let done = 0
  while (at >= 0) {
    const end = text.indexOf(mark, at + 1)
    if (end < 0) break
    const plain = end - at - 1 <= SEQUENCE_CHARACTERS_MAX ? meaning(text.slice(at + 1, end), separators) : undefined
    if (plain === undefined) {
      at = end
      continue
    }
    out += text.slice(done, at) + plain
    done = end + 1
    at = text.indexOf(mark, done)
  }
  return out + text.slice(done)
}

const FORMATTING = /^\.(?:in|ti|sk|fi|nf|ce)[+-]?\d*$/

function meaning(sequence: string, separators: Separators): string | undefined {
  switch (sequence) {
    case 'F':
      return separators.field
    case 'S':
      return separators.component
    case 'T':
      return separators.subcomponent
    case 'R':
      return separators.repetition
    case 'E':
      return separators.escape
    case 'H':
    case 'N':
      return ''
    case '.br':
    case '.BR':
      return '\n'
  }
  if (/^\.sp\d{0,2}$/i.test(sequence)) return '\n'.repeat(Math.max(1, Math.min(Number(sequence.slice(3) || '1'), 20)))
  if (sequence === '.ce') return '\n'
  if (FORMATTING.test(sequence)) return ''
  if (/^X(?:[0-9A-Fa-f]{2})+$/.test(sequence)) return hexText(sequence.slice(1))
  return undefined
}

function hexText(hex: string): string | undefined {
  const decoded = decodeText(Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)))
  return decoded.ok ? decoded.text : undefined
}
