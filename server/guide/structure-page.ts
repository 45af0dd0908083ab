/** The page of a profile or an extension. */
import { structureDefinition } from '../fhir/canonical.ts'
import { fullOf } from '../fhir/profile-pairs.ts'
import { fill } from '../outcome/render.ts'
import { ISSUES, type IssueCode } from '../outcome/issues.ts'
import { differentialTable, fixedValues, ownConstraints, slicedBy, snapshotTable } from './elements.ts'
import { both, english, type Html, html, section, table } from './html.ts'
import type { Page } from './layout.ts'
import { brokenPage, canonical, exampleLink, jsonOf, list } from './links.ts'
import { fieldRows, FIELD_HEADS } from './mapping-page.ts'
import { INVARIANT_TEXTS } from './texts/invariants.ts'
import type { Artifact, Broken, Content, StructureDefinition } from './types.ts'

export async function structurePage(content: Content, artifact: Artifact): Promise<Page> {
  const resource = JSON.parse(await artifact.text()) as StructureDefinition
  const body = html`${facts(content, artifact, resource)}
${section('differential', '差异表', 'Differential', differentialTable(content, resource))}
${section('bindings', '绑定', 'Bindings', bindings(content, resource))}
${section('invariants', '约束', 'Invariants', invariants(resource))}
${section('fixed', '固定值与模式', 'Fixed values and patterns', fixed(resource))}
${section('slices', '切片', 'Slices', slices(resource))}
${section('sources', '来源字段', 'Fields of the sources', sources(content, artifact))}
${section('examples', '示例', 'Examples', await examples(content, artifact))}
${section('search', '检索参数', 'Search parameters', searchParameters(content, artifact))}
${section('used-by', '被引用', 'Used by', usedBy(content, artifact))}
${section('snapshot', '完整定义', 'Snapshot', snapshotTable(content, resource))}`
  return { ...artifact.names, body }
}

function facts(content: Content, artifact: Artifact, { url, type, status, version, description, context }: StructureDefinition): Html {
  return html`<dl><dt>${both('规范地址', 'Canonical')}</dt><dd><code>${url}</code></dd>
<dt>${both('类型', 'Type')}</dt><dd>${type}</dd>
<dt>${both('基于', 'Base')}</dt><dd>${artifact.base !== undefined && canonical(content, artifact.base)}</dd>
<dt>${both('版本与状态', 'Version, status')}</dt><dd>${version} ${status}</dd>
${context && html`<dt>${both('可用于', 'Context')}</dt><dd>${context.map(({ expression }) => expression).join(', ')}</dd>`}
<dt>${both('说明', 'Description')}</dt><dd>${english(description)}</dd>
<dt>JSON</dt><dd><a href="${jsonOf(artifact)}">${jsonOf(artifact)}</a></dd></dl>`
}

async function examples(content: Content, { id }: Artifact): Promise<Html> {
  const sound = content.examples.filter(({ of }) => of === id)
  const broken = content.broken.has(id) ? await content.brokenOf(id) : []
  const links = sound.map((one) => html`<li>${exampleLink(one)} (${one.resourceType})</li>`)
  return html`${links.length > 0 && html`<p>${both('合格', 'Valid')}</p><ul>${links}</ul>`}
${broken.length > 0 && html`<p>${both('不合格：改动与必须得到的问题', 'Invalid: what is changed, and the issue that must come of it')} · <a href="${brokenPage(id)}">${broken.length}</a></p>`}
${brokenTable(id, broken)}`
}

export function brokenTable(id: string, broken: readonly Broken[]): Html {
  const heads = [both('改动', 'Change'), both('问题', 'Issue'), both('位置', 'Element'), both('规则', 'Rule')]
  return table(
    heads,
    broken.map(({ what, issue }, at) => [
      html`<a href="${brokenPage(id)}#e${at + 1}">${at + 1}</a> ${english(what)}`,
      issueText(issue),
      html`<code>${issue.expression}</code>`,
      html`<code>${issue.rule}</code> ${issue.rule !== undefined && INVARIANT_TEXTS[issue.rule]}`,
    ]),
  )
}

export function issueText({ severity, code, rule = '', profile = 'FHIR R4' }: Broken['issue']): Html {
  const definition = Object.hasOwn(ISSUES, code) ? ISSUES[code as IssueCode] : undefined
  const params = { rule, profile: profile.slice(profile.lastIndexOf('/') + 1) }
  const said = definition && both(fill(definition.zh, params), fill(definition.en, params))
  return html`<span class="${severity}">${severity}</span> <code>${code}</code> ${said}`
}

function bindings(content: Content, { snapshot }: StructureDefinition): Html {
  return table(
    [both('元素', 'Element'), both('强度', 'Strength'), both('值集', 'Value set')],
    snapshot.element.flatMap(({ id, binding }) =>
      binding?.valueSet ? [[html`<code>${id}</code>`, binding.strength, canonical(content, binding.valueSet)]] : [],
    ),
  )
}

function invariants(resource: StructureDefinition): Html {
  return table(
    [both('编号', 'Key'), both('级别', 'Severity'), both('要求', 'Text'), both('位置', 'Element'), 'FHIRPath'],
    ownConstraints(resource).map(({ at, constraint: { key, severity, human, expression } }) => [
      html`<code>${key}</code>`,
      html`<span class="${severity}">${severity === 'error' ? both('错误', 'error') : both('警告', 'warning')}</span>`,
      both(INVARIANT_TEXTS[key] ?? '', human),
      html`<code>${at}</code>`,
      html`<code>${expression}</code>`,
    ]),
  )
}

function fixed({ snapshot }: StructureDefinition): Html {
  return table(
    [both('元素', 'Element'), both('方式', 'How'), both('值', 'Value')],
    snapshot.element.flatMap((element) =>
      fixedValues(element).map(([name, value]) => [html`<code>${element.id}</code>`, name, html`<code>${value}</code>`]),
    ),
  )
}

function slices({ snapshot }: StructureDefinition): Html {
  const rows = snapshot.element.flatMap(({ id, slicing }) => {
    if (!slicing) return []
    const own = snapshot.element.filter((other) => other.sliceName !== undefined && other.id === `${id}:${other.sliceName}`)
    return [
      [
        html`<code>${id}</code>`,
        slicedBy(slicing),
        own.map(({ sliceName, min, max }, at) => html`${at > 0 && html`<br/>`}<code>${sliceName}</code> ${min}..${max}`),
      ],
    ]
  })
  return table([both('元素', 'Element'), both('区分方式', 'Discriminator'), both('切片与基数', 'Slices')], rows)
}

/** A mapping names one profile of a pair: its fields are those of both. */
function sources({ fields }: Content, { id, url, isExtension }: Artifact): Html {
  const own = fields.filter(({ profiles, element }) =>
    isExtension ? element.includes(`(${id})`) : profiles.some((each) => fullOf(structureDefinition(each)) === fullOf(url)),
  )
  return table(FIELD_HEADS, fieldRows(own))
}

function searchParameters({ artifacts }: Content, { url, isExtension, on }: Artifact): Html {
  const found = artifacts.filter(
    (one) => one.type === 'SearchParameter' && (isExtension ? one.uses.has(url) : one.on.some((type) => on.includes(type))),
  )
  return list(found)
}

const usedBy = ({ artifacts }: Content, { url }: Artifact): Html =>
  list(artifacts.filter((one) => one.type === 'StructureDefinition' && one.uses.has(url)))
