/** Splitting of parameter values with the escapes `\,` `\|` `\$` `\\` (R4 search.html 3.1.1.4.0.2). */

/** Parts between unescaped separators, still escaped. */
export function splitEscaped(text: string, separator: string): string[] {
  if (!text.includes('\\')) return text.split(separator)
  const parts: string[] = []
  let part = ''
  for (let at = 0; at < text.length; at++) {
    const c = text.charAt(at)
    if (c === '\\' && at + 1 < text.length) {
      part += c + text.charAt(at + 1)
      at++
    } else if (c === separator) {
      parts.push(part)
      part = ''
    } else part += c
  }
  parts.push(part)
  return parts
}

/** The value that an escaped part stands for; a backslash before any other character stays as it is. */
export function unescapeValue(part: string): string {
  return part.replace(/\\([,|$\\])/g, '$1')
}
