/** What is needed to answer an HL7 v2 message, read without believing that it is one. */
import type { Charset } from './charset.ts'
import { blanksAhead } from './hl7v2-batch.ts'
import { decodeHl7, separatorsOf } from './hl7v2.ts'
import type { Separators } from './hl7v2-separators.ts'

export interface Hl7Header {
  separators: Separators
  /** charset in which the sender reads the answer */
  charset: Charset
  /** a field of MSH as it was sent, numbered as in the standard; '' when it is not there */
  field(number: number): string
  /** numbers of the patients that the message is about (PID-3, and MRG-1 of a merge): messages about one are done in order */
  patients: readonly string[]
}

const STANDARD: Separators = { field: '|', component: '^', repetition: '~', escape: '\\', subcomponent: '&' }
/** fields of a header are copied into the answer: no more than this of each */
const FIELD_CHARACTERS_MAX = 250
const PATIENTS_MAX = 16

/** @param registered charset of the sender: decoded as the message itself will be */
export function readHeader(sent: Uint8Array, registered?: string): Hl7Header {
  const bytes = sent.subarray(blanksAhead(sent))
  const decoded = decodeHl7(bytes, registered)
  const text = decoded.ok ? decoded.text : Buffer.from(bytes).toString('latin1')
  const lines = text.replace(/^\ufeff/, '').split(/[\r\n]+/, HEADER_LINES)
  const separators = separatorsOf(lines[0] ?? '')
  const fields = separators ? (lines[0] ?? '').split(separators.field) : []
  return {
    separators: separators ?? STANDARD,
    charset: decoded.ok ? decoded.charset : 'utf-8',
    // MSH-1 is the separator itself, so that MSH-2 stands behind the first one.
    field: (number) => printable(fields[number - 1]).slice(0, FIELD_CHARACTERS_MAX),
    patients: separators ? patientsOf(lines, separators) : [],
  }
}

/** PID and MRG stand near the beginning; behind it a message may have thousands of lines. */
const HEADER_LINES = 12

function patientsOf(lines: readonly string[], { field, repetition, component }: Separators): string[] {
  const numbers = lines.flatMap((line) => {
    const fields = line.split(field)
    const list = fields[0] === 'PID' ? fields[3] : fields[0] === 'MRG' ? fields[1] : undefined
    return (list ?? '').split(repetition).map((one) => one.split(component)[0] ?? '')
  })
  return [...new Set(numbers)].filter((number) => number !== '').slice(0, PATIENTS_MAX)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters must not come back in an answer
const printable = (text = ''): string => text.replace(/[\u0000-\u001f\u007f]/g, '')
