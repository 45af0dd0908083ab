/** XHTML of a narrative (R4 narrative.html): in JSON a text, in XML elements of their own namespace. */
import { type SaxesAttributeNS, SaxesParser, type SaxesTagNS } from 'saxes'
import { escapeAttribute, escapeText } from './escape.ts'
import { XHTML_NAMESPACE } from './members.ts'

/** Elements within elements; tables in tables are far from it. */
export const XHTML_DEPTH_MAX = 256

const OPENING = `<div xmlns="${XHTML_NAMESPACE}"`

/**
 * The text as it is, if it can stand in XML. What is no XHTML (nothing that validation lets through) becomes its own words in a
 * div, so that it cannot end the narrative and go on as something else.
 */
export function narrativeToXml(text: string): string {
  // What stands around the div says nothing (R4 txt-1), and would keep it from being seen as one.
  const div = text.trim()
  const found = lookedThrough(div)
  if (found === 'xhtml') return div
  if (found === 'no namespace') return OPENING + div.slice('<div'.length)
  return `${OPENING}>${escapeText(text)}</div>`
}

type Verdict = 'xhtml' | 'no namespace' | 'none'

class NoXhtml extends Error {}

function lookedThrough(text: string): Verdict {
  if (!/^<div[\s/>]/.test(text)) return 'none'
  const parser = new SaxesParser({ xmlns: true, position: false, defaultXMLVersion: '1.0', forceXMLVersion: true })
  let depth = 0
  let root: string | undefined
  const refuse = (): never => {
    throw new NoXhtml()
  }
  parser.on('error', refuse)
  parser.on('doctype', refuse)
  parser.on('processinginstruction', refuse)
  parser.on('opentag', ({ uri, prefix }) => {
    root ??= uri
    if (++depth > XHTML_DEPTH_MAX || prefix !== '' || (uri !== XHTML_NAMESPACE && uri !== root)) refuse()
  })
  parser.on('closetag', () => depth--)
  try {
    parser.write(text).close()
  } catch (error) {
    if (error instanceof NoXhtml) return 'none'
    throw error
  }
  if (root === XHTML_NAMESPACE) return 'xhtml'
  return root === '' ? 'no namespace' : 'none'
}

/**
 * Reads one div out of an XML document. It stays as it is written there; only where its names or its namespace lean on what
 * stands around it (prefixes, an outer default) it is written anew.
 */
export class NarrativeReader {
  readonly #source: string
  readonly #start: number
  #depth = 0
  #stands = true
  #anew = ''

  /** @param end behind the opening tag of the div */
  constructor(source: string, end: number) {
    this.#source = source
    this.#start = source.lastIndexOf('<', end - 1)
  }

  get depth(): number {
    return this.#depth
  }

  open(tag: SaxesTagNS): void {
    const isRoot = this.#depth++ === 0
    if (tag.prefix !== '' || (isRoot && !('xmlns' in tag.attributes)) || Object.values(tag.attributes).some(leansOut)) this.#stands = false
    this.#anew += `<${tag.local}${isRoot ? ` xmlns="${XHTML_NAMESPACE}"` : ''}${attributesOf(tag.attributes)}>`
  }

  text(text: string): void {
    this.#anew += escapeText(text)
  }

  /** @returns the whole div behind its closing tag */
  close(tag: SaxesTagNS, end: number): string | undefined {
    this.#anew += `</${tag.local}>`
    if (--this.#depth > 0) return undefined
    return this.#stands ? this.#source.slice(this.#start, end) : this.#anew
  }
}

const leansOut = ({ name, prefix }: SaxesAttributeNS): boolean => prefix !== '' && prefix !== 'xml' && name !== 'xmlns'

const attributesOf = (attributes: Record<string, SaxesAttributeNS>): string =>
  Object.values(attributes)
    .filter(({ name, prefix }) => name !== 'xmlns' && prefix !== 'xmlns')
    .map(({ prefix, local, value }) => ` ${prefix === 'xml' ? 'xml:' : ''}${local}="${escapeAttribute(value)}"`)
    .join('')
