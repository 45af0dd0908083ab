/**
 * The tests txt-1 and txt-2 of a narrative (R4 narrative.html, `htmlChecks()`): well-formed XML of one div, which elements and
 * attributes may stand in it, and that it says something. What the values of attributes may do is narrative.ts's.
 */
import { SaxesParser } from 'saxes'

/** Of the XPath of txt-1; `address`, `bdo` and `kbd` of fhir-xhtml.xsd, since the chapters of HTML that txt-1 names have them. */
const ELEMENTS: ReadonlySet<string> = new Set(
  `a abbr acronym address b bdo big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img kbd
  li ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var`.split(/\s+/),
)

/** Of the XPath of txt-1, which asks on no element for others than on any; `xml:lang` of fhir-xhtml.xsd. */
const ATTRIBUTES: ReadonlySet<string> = new Set(
  `abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset cite class colspan
  compact coords dir frame headers height href hreflang hspace id lang longdesc name nowrap rel rev rowspan rules scope shape span src
  start style summary tabindex title type valign value vspace width xml:lang`.split(/\s+/),
)

const NAMESPACE = 'http://www.w3.org/1999/xhtml'

class Unfit extends Error {}

/**
 * Namespaces are not resolved: no prefix but `xml` is let through, and `xmlns` says XHTML wherever it stands. No section of CDATA
 * either: what was sent with one is text by now (server/fhir/cdata.ts).
 */
export function isNarrative(text: string): boolean {
  // The reader passes over a mark in front, and joins half of a surrogate pair with whatever follows.
  if (text.startsWith('\ufeff') || !text.isWellFormed()) return false
  const parser = new SaxesParser({ xmlns: false, position: false, defaultXMLVersion: '1.0', forceXMLVersion: true })
  let depth = 0
  let says = false
  const refuse = (): never => {
    throw new Unfit()
  }
  for (const event of ['error', 'doctype', 'processinginstruction', 'xmldecl', 'cdata'] as const) parser.on(event, refuse)
  parser.on('comment', () => {
    if (depth === 0) refuse()
  })
  parser.on('attribute', ({ name, value }) => {
    if (name === 'xmlns' ? value !== NAMESPACE : !ATTRIBUTES.has(name)) refuse()
  })
  parser.on('opentag', ({ name, attributes }) => {
    if (depth++ === 0 ? name !== 'div' : !ELEMENTS.has(name)) refuse()
    if (name === 'img' && 'src' in attributes) says = true
  })
  parser.on('closetag', () => depth--)
  parser.on('text', (said) => {
    if (/[^ \t\r\n]/.test(said)) says = true
  })
  try {
    parser.write(text).close()
  } catch (error) {
    if (error instanceof Unfit) return false
    throw error
  }
  return says
}
