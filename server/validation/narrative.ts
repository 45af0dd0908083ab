/**
 * What of a narrative could act in a reader's browser (R4 narrative.html, security.html#narrative). txt-1 says which elements and
 * attributes may stand there: no script, no event handler, no svg. It says nothing of their values, and nothing of where a
 * browser that reads the text as HTML sees something else than XML does.
 */
import { SaxesParser } from 'saxes'

/** Attributes that lead somewhere. */
const ADDRESSES: ReadonlySet<string> = new Set(['href', 'src', 'cite', 'longdesc'])
/** Where an address may lead; whatever else a browser may know, it may run. */
const SCHEMES: ReadonlySet<string> = new Set(['http', 'https', 'mailto', 'tel', 'ftp', 'urn'])
const PICTURE = /^data:image\/(?:png|jpeg|jpg|gif|bmp|webp)[;,]/i
/** An address in a style. */
const OF_STYLE = /url\(\s*["']?([^)]*)/gi
/** What some browsers run; escapes and comments are ways to write it so that it is not seen. */
const ACTIVE_STYLE = /\\|\/\*|expression|behaviou?r|binding|@import|javascript/i
/** In HTML such a comment has ended already, and what follows it is content (HTML 13.2.5.43). */
const HALF_COMMENT = /<!--(?:>|->)/

/** Whether nothing in it acts. Text that txt-1 refuses may be called either. */
export function isInert(narrative: string): boolean {
  if (HALF_COMMENT.test(narrative)) return false
  // Most narratives are paragraphs and tables.
  if (!/\b(?:href|src|cite|longdesc|style)\s*=/.test(narrative)) return true
  let inert = true
  const parser = new SaxesParser({ xmlns: false, position: false, defaultXMLVersion: '1.0', forceXMLVersion: true })
  parser.on('error', () => {
    inert = false
  })
  parser.on('attribute', ({ name, value }) => {
    if (ADDRESSES.has(name) && !leadsAway(value, name === 'src')) inert = false
    if (name === 'style' && !isInertStyle(value)) inert = false
  })
  parser.write(narrative).close()
  return inert
}

/** As browsers read an address: without white space and control characters, which they pass over. */
function leadsAway(address: string, isPicture: boolean): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is passed over
  const plain = address.replace(/[\u0000-\u0020\u007f-\u00a0]/g, '')
  const scheme = /^([^:/?#]*):/.exec(plain)?.[1]
  return scheme === undefined || SCHEMES.has(scheme.toLowerCase()) || (isPicture && PICTURE.test(plain))
}

function isInertStyle(style: string): boolean {
  if (ACTIVE_STYLE.test(style)) return false
  return [...style.matchAll(OF_STYLE)].every(([, address = '']) => leadsAway(address, true))
}
