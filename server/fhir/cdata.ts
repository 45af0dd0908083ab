/**
 * CDATA sections of narratives, written as the text that they stand for: the same content to XML (XML 1.0 section 2.7), and to
 * what reads it as HTML, where a section ends at the first `>` and all behind it would be markup (HTML 13.2.5.42).
 */

/** Only a narrative has such a member (R4 narrative.html); inside a string its first quote would stand behind a backslash. */
const DIV = '"div":"'

/** @param json compact text of a resource that is valid JSON; answered as it is where no narrative has a whole section */
export function withoutCdata(json: string): string {
  if (!json.includes('CDATA[')) return json
  let out = ''
  let copied = 0
  for (let at = json.indexOf(DIV); at >= 0; at = json.indexOf(DIV, at)) {
    const start = at + DIV.length - 1
    at = endOfString(json, start)
    const div = JSON.parse(json.slice(start, at)) as string
    const plain = asText(div)
    if (plain === div) continue
    out += json.slice(copied, start) + JSON.stringify(plain)
    copied = at
  }
  return copied === 0 ? json : out + json.slice(copied)
}

/** Behind the closing quote of the string that begins at `start`. */
function endOfString(json: string, start: number): number {
  let at = start + 1
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at + 1
}

const COMMENT = { begins: '<!--', ends: '-->' }
const CDATA = { begins: '<![CDATA[', ends: ']]>' }

/** What looks like a section inside a comment or a tag is none; behind what does not end all is left to who judges the narrative. */
function asText(div: string): string {
  let out = ''
  let copied = 0
  for (let at = div.indexOf('<'); at >= 0; at = div.indexOf('<', at)) {
    const kind = [COMMENT, CDATA].find(({ begins }) => div.startsWith(begins, at))
    const end = kind ? endOf(kind, div, at) : tagEnd(div, at)
    if (end < 0) break
    if (kind === CDATA) {
      const words = div.slice(at + CDATA.begins.length, end - CDATA.ends.length)
      out += div.slice(copied, at) + words.replace(/[&<>]/g, (c) => ENTITIES[c] ?? c)
      copied = end
    }
    at = end
  }
  return out + div.slice(copied)
}

function endOf({ begins, ends }: typeof COMMENT, div: string, at: number): number {
  const end = div.indexOf(ends, at + begins.length)
  return end < 0 ? -1 : end + ends.length
}

/** Behind a tag, whose attributes may hold its closing bracket, and never an opening one. */
function tagEnd(div: string, start: number): number {
  for (let at = start + 1; at < div.length; at++) {
    const c = div[at]
    if (c === '>') return at + 1
    if (c === '<') return -1
    if (c !== '"' && c !== "'") continue
    const quote = div.indexOf(c, at + 1)
    if (quote < 0 || div.slice(at, quote).includes('<')) return -1
    at = quote
  }
  return -1
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
