/** XHTML narrative as the text that people read: no tags, entities decoded. */
import { NARRATIVE_LENGTH_MAX } from '../limits.ts'

/** Between these a word goes on; every other tag ends it (cells, paragraphs, line breaks). */
const INLINE = /^<\/?(?:a|abbr|acronym|b|bdo|big|cite|code|dfn|em|font|i|kbd|q|s|samp|small|span|strike|strong|sub|sup|tt|u|var)(?=[\s/>])/i
const MARKUP = /<!--[\s\S]*?(?:-->|$)|<!\[CDATA\[([\s\S]*?)(?:\]\]>|$)|<[^>]*(?:>|$)|&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]{2,8});/gi

const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
])

export function textOfNarrative(div: string): string {
  return div.slice(0, NARRATIVE_LENGTH_MAX).replace(MARKUP, (whole: string, literal: string | undefined, entity: string | undefined) => {
    if (literal !== undefined) return literal
    if (entity !== undefined) return characterOf(entity)
    return INLINE.test(whole) || whole.startsWith('<!--') ? '' : ' '
  })
}

/** What names nothing stands where something stood. */
function characterOf(entity: string): string {
  if (!entity.startsWith('#')) return NAMED.get(entity) ?? ' '
  const point = /^#x/i.test(entity) ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1))
  return point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) ? String.fromCodePoint(point) : ' '
}
