/** `_pretty=true` (R4 http.html#parameters): the same JSON text with line ends and two spaces a level; every value keeps its text. */

/** @param text compact JSON */
export function pretty(text: string): string {
  const pieces: string[] = []
  let depth = 0
  let copied = 0
  const line = (): string => `\n${'  '.repeat(depth)}`
  for (let at = 0; at < text.length; at++) {
    const c = text.charAt(at)
    if (c === '"') at = stringEnd(text, at)
    else if (c === '{' || c === '[') {
      const isEmpty = text.charAt(at + 1) === '}' || text.charAt(at + 1) === ']'
      if (isEmpty) at++
      else {
        depth++
        pieces.push(text.slice(copied, at + 1), line())
        copied = at + 1
      }
    } else if (c === '}' || c === ']') {
      depth--
      pieces.push(text.slice(copied, at), line())
      copied = at
    } else if (c === ',') {
      pieces.push(text.slice(copied, at + 1), line())
      copied = at + 1
    } else if (c === ':') {
      pieces.push(text.slice(copied, at + 1), ' ')
      copied = at + 1
    }
  }
  return `${pieces.join('')}${text.slice(copied)}\n`
}

/** Position of the closing quote. */
function stringEnd(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1
  return at
}
