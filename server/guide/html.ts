/** HTML that escapes whatever is put into it; pages are well-formed XML as well, so that a reader of either kind finds no fault. */

export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type Part = Html | string | number | boolean | undefined | null | readonly Part[]

/** `html\`<b>${text}</b>\``: text is escaped, Html and lists of it stand as they are, what is absent or false is nothing. */
export function html(fixed: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(fixed.map((text, at) => text + (at < parts.length ? textOf(parts[at]) : '')).join(''))
}

function textOf(part: Part): string {
  if (part === undefined || part === null || part === false || part === true) return ''
  if (part instanceof Html) return part.text
  if (typeof part === 'object') return part.map(textOf).join('')
  return escaped(String(part))
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Characters that XML 1.0 has none for are shown as U+FFFD. */
export const escaped = (text: string): string =>
  text
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] as string)

/** Chinese, and behind it English as what it is. */
export const both = (zh: string, en: string): Html => html`${zh} <span class="en" lang="en">${en}</span>`
export const english = (text: string | undefined): Html => (text ? html`<span lang="en">${text}</span>` : html``)

/** A table that scrolls within itself on a narrow screen. Nothing where it has no rows. */
export function table(heads: readonly Part[], rows: readonly (readonly Part[])[]): Html {
  if (rows.length === 0) return html``
  const head = heads.map((cell) => html`<th scope="col">${cell}</th>`)
  const body = rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)
  return html`<div class="scroll" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>
${body}</tbody></table></div>`
}

/** A part of a page; nothing where it has no content. */
export const section = (id: string, zh: string, en: string, ...content: readonly Html[]): Html =>
  content.every(({ text }) => text === '') ? html`` : html`<section id="${id}"><h2>${both(zh, en)}</h2>${content}</section>\n`
