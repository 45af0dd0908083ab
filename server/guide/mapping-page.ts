/** Fields of the insurance system, of hospitals and of regional platforms, and the elements that they are mapped onto. */
import { both, type Html, html, type Part, section, table } from './html.ts'
import type { Page } from './layout.ts'
import type { Content, MappedField } from './types.ts'

export const KINDS: readonly (readonly [kind: string, zh: string, en: string])[] = [
  ['miis', '医保接口', 'Medical insurance (MIIS)'],
  ['hospital', '医院', 'Hospital'],
  ['rhip', '区域平台', 'Regional platform (RHIP)'],
]

export const FIELD_HEADS: readonly Html[] = [both('元素', 'Element'), both('来源', 'Source'), both('字段', 'Fields')]

export const fieldRows = (fields: readonly MappedField[]): Part[][] =>
  fields.map(({ source, fields: names, to, element }) => [
    html`<code>${to}.${element}</code>`,
    source,
    html`<code>${names.join(', ')}</code>`,
  ])

export function mappingPage({ fields }: Content): Page {
  const parts = KINDS.map(([kind, zh, en]) => {
    const rows = fields
      .filter((field) => field.kind === kind)
      .map((field) => [
        ...(fieldRows([field])[0] ?? []),
        field.profiles.map((id, at) => html`${at > 0 && ', '}<a href="StructureDefinition-${id}.html">${id}</a>`),
      ])
    return section(kind, zh, en, table([...FIELD_HEADS, both('规范', 'Profile')], rows))
  })
  const said = both(
    '由映射表本身导出：一个字段列表中的任何一个都可参与该元素的取值；常量与由上下文得知的内容（患者、机构）不列出。',
    'Read off the mapping tables themselves. Each of the fields of a row may have a part in the element; constants and what is known of the context are not listed.',
  )
  return { zh: '来源字段与元素对照', en: 'Fields of the sources', body: html`<p>${said}</p>${parts}` }
}
