/** The first page, and a list of each kind of definition. */
import { BASE } from '../fhir/canonical.ts'
import { both, type Html, html, type Part, table } from './html.ts'
import type { Page } from './layout.ts'
import { artifactLink, brokenPage, exampleLink } from './links.ts'
import { KINDS } from './mapping-page.ts'
import { PACKAGE, PACKAGE_FILE } from './texts/package.ts'
import type { Artifact, Content } from './types.ts'

interface Kind {
  zh: string
  en: string
  has(one: Artifact): boolean
}

export const INDEXES: Readonly<Record<string, Kind>> = {
  'profiles.html': { zh: '资源规范', en: 'Profiles', has: ({ type, isExtension }) => type === 'StructureDefinition' && !isExtension },
  'extensions.html': { zh: '扩展', en: 'Extensions', has: ({ isExtension }) => isExtension },
  'valuesets.html': { zh: '值集', en: 'Value sets', has: ({ type }) => type === 'ValueSet' },
  'codesystems.html': { zh: '代码系统', en: 'Code systems', has: ({ type }) => type === 'CodeSystem' },
  'conceptmaps.html': { zh: '代码对照', en: 'Concept maps', has: ({ type }) => type === 'ConceptMap' },
  'searchparameters.html': { zh: '检索参数', en: 'Search parameters', has: ({ type }) => type === 'SearchParameter' },
}

export function indexPage({ artifacts }: Content, { zh, en, has }: Kind): Page {
  const found = artifacts.filter(has)
  const rows = found.map((one): Part[] => [
    artifactLink(one),
    both(one.names.zh, one.names.en),
    one.on.join(', '),
    html`<code>${one.url}</code>`,
  ])
  const heads = ['id', both('名称', 'Name'), both('用于', 'On'), both('规范地址', 'Canonical')]
  return { zh, en, body: html`<p>${both(`共 ${found.length} 个`, `${found.length} in all`)}</p>${table(heads, rows)}` }
}

export function homePage({ artifacts, examples, broken, fields }: Content): Page {
  const counts = Object.entries(INDEXES).map(([file, { zh, en, has }]) => line(file, zh, en, artifacts.filter(has).length))
  const wrong = [...broken.values()].reduce((sum, count) => sum + count, 0)
  const kinds = KINDS.map(([kind, zh, en]): Part[] => [
    html`<a href="mappings.html#${kind}">${both(zh, en)}</a>`,
    fields.filter((field) => field.kind === kind).length,
  ])
  const body = html`<p>${both('医院、医疗保险系统与区域卫生信息平台的数据在 FHIR R4 中的写法：资源规范、扩展、值集、代码系统与对照。', 'How records of hospitals, of the medical insurance and of regional health platforms are written in FHIR R4.')}</p>
<dl><dt>${both('规范地址', 'Canonical base')}</dt><dd><code>${BASE}</code></dd>
<dt>FHIR</dt><dd>4.0.1</dd>
<dt>${both('版本', 'Version')}</dt><dd>${PACKAGE.version}</dd>
<dt>${both('下载', 'Download')}</dt><dd><a href="${PACKAGE_FILE}">${PACKAGE_FILE}</a> ${both('（npm 形式的 FHIR 包）', `npm-style FHIR package ${PACKAGE.name}`)}</dd></dl>
${table([both('内容', 'Content'), both('数量', 'Count')], [...counts, line('examples.html', '合格示例', 'Valid examples', examples.length), line('examples.html', '不合格示例', 'Invalid examples', wrong)])}
<p></p>
${table([both('来源', 'Source'), both('已对照的元素', 'Mapped elements')], kinds)}
<p>${both('状态为草案；不构成法律意见，标准编号与代码以正式文本为准。未能核对的内容见', 'A draft, and no legal advice. What could not be checked stands under')} <a href="identifiers.html#unchecked">${both('标识与 OID', 'Identifiers')}</a></p>`
  return { zh: '中国医疗数据 FHIR R4 实施指南', en: "FHIR R4 for China's split medical records", body }
}

const line = (file: string, zh: string, en: string, count: number): Part[] => [html`<a href="${file}">${both(zh, en)}</a>`, count]

export function examplesPage({ examples, broken, artifacts }: Content): Page {
  const rows = artifacts
    .filter(({ type }) => type === 'StructureDefinition')
    .map((one): Part[] => {
      const own = examples.filter(({ of }) => of === one.id)
      const count = broken.get(one.id)
      const links: Html[] = own.map((example, at) => html`${at > 0 && html`<br/>`}${exampleLink(example)}`)
      return [
        artifactLink(one),
        both(one.names.zh, one.names.en),
        links,
        count !== undefined && html`<a href="${brokenPage(one.id)}">${count}</a>`,
      ]
    })
  const heads = [both('规范', 'Profile'), both('名称', 'Name'), both('合格', 'Valid'), both('不合格', 'Invalid')]
  return { zh: '示例', en: 'Examples', body: table(heads, rows) }
}
