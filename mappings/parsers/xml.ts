/**
 * XML of sources to a small tree, within bounds. A DOCTYPE is refused before the parser sees a character, so no entity can
 * be declared; saxes knows only the five predefined ones and character references (formats.md D40).
 */
import { setImmediate } from 'node:timers/promises'
import { SaxesParser } from 'saxes'
import { charsetOf, type Charset, decodeText } from './charset.ts'

export const XML_BOUNDS = {
  bytesMax: 32 * 1024 * 1024,
  depthMax: 64,
  elementsMax: 200_000,
  attributesMax: 64,
  /** characters handed to the parser at a time, so that a bound stops it early */
  stepCharacters: 64 * 1024,
} as const

export interface XmlElement {
  /** local name */
  readonly name: string
  /** namespace URI, '' without one */
  readonly uri: string
  /** by local name; those of the XML Schema instance namespace as `xsi:type` */
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  /** own character data, children's not included, trimmed */
  readonly text: string
}

export type XmlFlaw = 'payload-doctype' | 'payload-structure' | 'payload-too-large' | 'payload-charset'
export type XmlResult =
  | { ok: true; root: XmlElement; charset: Charset; misdeclared: boolean /** bytes of memory that the tree takes, about */; weight: number }
  | { ok: false; flaw: XmlFlaw }

/** of memory, measured with elements and attributes that are empty: their texts come on top, as long as the document at most */
const ELEMENT_BYTES = 200
const ATTRIBUTE_BYTES = 60

const XSI = 'http://www.w3.org/2001/XMLSchema-instance'
const DECLARED = /^\s*<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']/

/** @param registered charset of the source's registration; used when the document declares none */
export function parseXml(bytes: Uint8Array, registered?: string): XmlResult {
  const steps = parsing(bytes, registered)
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value
}

/** The same for a document of any size: others get their turn in between. */
export async function parseXmlInTurns(bytes: Uint8Array, registered?: string): Promise<XmlResult> {
  const steps = parsing(bytes, registered)
  for (let since = performance.now(); ; ) {
    const step = steps.next()
    if (step.done) return step.value
    if (performance.now() - since < TURN_MS) continue
    await setImmediate()
    since = performance.now()
  }
}

const TURN_MS = 20

function* parsing(bytes: Uint8Array, registered: string | undefined): Generator<void, XmlResult> {
  if (bytes.length > XML_BOUNDS.bytesMax) return { ok: false, flaw: 'payload-too-large' }
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 300)).replace(/^\u00ef\u00bb\u00bf/, '')
  const declared = charsetOf(DECLARED.exec(head)?.[1])
  // What was read of it byte by byte says that it is not in the charset that it names: programs write a text of theirs as they hold it.
  const isWide = declared?.startsWith('utf-16') === true
  const decoded = decodeText(bytes, isWide ? registered : (declared ?? registered))
  if (!decoded.ok) return { ok: false, flaw: 'payload-charset' }
  const text = decoded.text.replace(/^\ufeff/, '').trimStart()
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) return { ok: false, flaw: 'payload-doctype' }
  const tree = new TreeBuilder()
  yield
  const flaw = yield* tree.parse(text)
  if (flaw || !tree.root) return { ok: false, flaw: flaw ?? 'payload-structure' }
  return {
    ok: true,
    root: tree.root,
    charset: decoded.charset,
    misdeclared: decoded.misdeclared || isWide,
    weight: bytes.length + tree.weight,
  }
}

interface Growing extends XmlElement {
  children: Growing[]
  text: string
}

class Refused extends Error {
  readonly flaw: XmlFlaw
  constructor(flaw: XmlFlaw) {
    super(flaw)
    this.flaw = flaw
  }
}

class TreeBuilder {
  root: Growing | undefined
  weight = 0
  readonly #open: Growing[] = []
  #elements = 0

  #start(name: string, uri: string, attributes: Record<string, string>): void {
    this.#elements++
    if (this.#elements > XML_BOUNDS.elementsMax || this.#open.length >= XML_BOUNDS.depthMax) throw new Refused('payload-too-large')
    this.weight += ELEMENT_BYTES + Object.keys(attributes).length * ATTRIBUTE_BYTES
    const element: Growing = { name, uri, attributes, children: [], text: '' }
    const parent = this.#open[this.#open.length - 1]
    if (parent) parent.children.push(element)
    else this.root = element
    this.#open.push(element)
  }

  *parse(text: string): Generator<void, XmlFlaw | undefined> {
    const parser = new SaxesParser({ xmlns: true, position: false })
    parser.on('error', () => {
      throw new Refused('payload-structure')
    })
    parser.on('doctype', () => {
      throw new Refused('payload-doctype')
    })
    parser.on('opentag', (tag) => this.#start(tag.local, tag.uri, attributesOf(tag.attributes)))
    parser.on('closetag', () => this.#end())
    parser.on('text', (data) => this.#characters(data))
    parser.on('cdata', (data) => this.#characters(data))
    try {
      for (let at = 0; at < text.length; at += XML_BOUNDS.stepCharacters) {
        parser.write(text.slice(at, at + XML_BOUNDS.stepCharacters))
        yield
      }
      parser.close()
    } catch (error) {
      if (error instanceof Refused) return error.flaw
      throw error
    }
    return undefined
  }

  #end(): void {
    const element = this.#open.pop()
    if (element) element.text = element.text.trim()
  }

  #characters(data: string): void {
    const element = this.#open[this.#open.length - 1]
    if (element) element.text += data
  }
}

function attributesOf(attributes: Record<string, { local: string; uri: string; prefix: string; value: string }>): Record<string, string> {
  const entries = Object.values(attributes)
  if (entries.length > XML_BOUNDS.attributesMax) throw new Refused('payload-too-large')
  const out: Record<string, string> = {}
  for (const { local, uri, prefix, value } of entries) {
    if (prefix === 'xmlns' || local === 'xmlns') continue
    const name = uri === XSI ? `xsi:${local}` : local
    // As any other name, `__proto__` is one of its own.
    if (name === '__proto__') Object.defineProperty(out, name, { value, enumerable: true, configurable: true })
    else out[name] = value
  }
  return out
}

/** First child with this local name. */
export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((one) => one.name === name)
}

export function childrenOf(element: XmlElement | undefined, name: string): XmlElement[] {
  return element?.children.filter((one) => one.name === name) ?? []
}

/** First element along a path of local names, `recordTarget/patientRole/patient`. */
export function descend(element: XmlElement | undefined, path: string): XmlElement | undefined {
  return path.split('/').reduce<XmlElement | undefined>((at, name) => child(at, name), element)
}
