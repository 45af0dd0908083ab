/** Pages of value sets, code systems, maps of codes and search parameters. */
import type { FhirResource } from '../fhir/types.ts'
import { both, english, type Html, html, type Part, section, table } from './html.ts'
import type { Page } from './layout.ts'
import { canonical, jsonOf, list } from './links.ts'
import type { Artifact, Concept, ConceptMapGroup, Content, ValueSetPart } from './types.ts'

const read = async <T>(artifact: Artifact): Promise<FhirResource & T> => JSON.parse(await artifact.text()) as FhirResource & T

function facts(artifact: Artifact, { url, version, status, description }: FhirResource, ...more: readonly Html[]): Html {
  return html`<dl><dt>${both('规范地址', 'Canonical')}</dt><dd><code>${String(url)}</code></dd>
<dt>${both('版本与状态', 'Version, status')}</dt><dd>${version === undefined ? '' : String(version)} ${String(status)}</dd>
${more}${typeof description === 'string' && html`<dt>${both('说明', 'Description')}</dt><dd>${english(description)}</dd>`}
<dt>JSON</dt><dd><a href="${jsonOf(artifact)}">${jsonOf(artifact)}</a></dd></dl>`
}

const users = ({ artifacts }: Content, url: string): Html =>
  section('used-by', '被引用', 'Used by', list(artifacts.filter((one) => one.uses.has(url))))

export async function valueSetPage(content: Content, artifact: Artifact): Promise<Page> {
  const resource = await read<{ compose?: { include?: ValueSetPart[]; exclude?: ValueSetPart[] } }>(artifact)
  const { include = [], exclude = [] } = resource.compose ?? {}
  const body = html`${facts(artifact, resource)}
${section('include', '包含', 'Includes', ...include.map((part) => partOf(content, part)))}
${section('exclude', '排除', 'Excludes', ...exclude.map((part) => partOf(content, part)))}
${users(content, artifact.url)}`
  return { ...artifact.names, body }
}

function partOf(content: Content, { system, concept = [], filter = [], valueSet = [] }: ValueSetPart): Html {
  const isWhole = concept.length + filter.length === 0
  return html`<p>${system !== undefined && canonical(content, system)}${valueSet.map((url) => html` ${canonical(content, url)}`)}
${isWhole && both('全部代码', 'all codes')}${filter.map(({ property, op, value }) => html` <code>${property} ${op} ${value}</code>`)}</p>
${table(
  [both('代码', 'Code'), both('名称', 'Display')],
  concept.map(({ code, display }) => [html`<code>${code}</code>`, display]),
)}`
}

export async function codeSystemPage(content: Content, artifact: Artifact): Promise<Page> {
  const resource = await read<{ content: string; concept?: Concept[] }>(artifact)
  const { concept = [] } = resource
  const whole = html`<dt>${both('内容', 'Content')}</dt><dd>${resource.content}, ${concept.length}</dd>`
  const rows = [...conceptRows(concept, 0)]
  const body = html`${facts(artifact, resource, whole)}
${section('codes', '代码', 'Codes', table([both('代码', 'Code'), both('名称', 'Display'), both('说明', 'Definition')], rows))}
${users(content, artifact.url)}`
  return { ...artifact.names, body }
}

function* conceptRows(concepts: readonly Concept[], depth: number): Iterable<Part[]> {
  for (const { code, display, definition, designation = [], concept = [] } of concepts) {
    const names = [display, ...designation.map(({ value }) => value)].filter((one) => one !== undefined).join(' / ')
    yield [html`<span class="el d${Math.min(depth, 7)}"><code>${code}</code></span>`, names, definition]
    yield* conceptRows(concept, depth + 1)
  }
}

export async function conceptMapPage(content: Content, artifact: Artifact): Promise<Page> {
  const resource = await read<{ group?: ConceptMapGroup[] }>(artifact)
  const groups = (resource.group ?? []).map(({ source = '', target = '', element }) => {
    const rows = element.flatMap(({ code, target: targets = [] }) =>
      targets.map((to): Part[] => [html`<code>${code}</code>`, html`<code>${to.code}</code>`, to.display, to.equivalence]),
    )
    const heads = [both('来源代码', 'Code'), both('目标代码', 'Target'), both('名称', 'Display'), both('关系', 'Equivalence')]
    return html`<p>${canonical(content, source)} → ${canonical(content, target)}</p>${table(heads, rows)}`
  })
  return { ...artifact.names, body: html`${facts(artifact, resource)}${section('codes', '对照', 'Codes', ...groups)}` }
}

export async function searchParameterPage(content: Content, artifact: Artifact): Promise<Page> {
  const resource = await read<{
    code: string
    base: string[]
    type: string
    expression?: string
    target?: string[]
    component?: { definition: string; expression: string }[]
  }>(artifact)
  const { code, base, type, expression, target = [], component = [] } = resource
  const profiles = content.artifacts.filter(
    (one) => one.type === 'StructureDefinition' && !one.isExtension && one.on.some((each) => base.includes(each)),
  )
  const said = html`<dt>${both('参数名', 'Code')}</dt><dd><code>${code}</code> (${type})</dd>
<dt>${both('资源类型', 'Types')}</dt><dd>${base.join(', ')}</dd>
${target.length > 0 && html`<dt>${both('目标类型', 'Targets')}</dt><dd>${target.join(', ')}</dd>`}
${expression !== undefined && html`<dt>FHIRPath</dt><dd><code>${expression}</code></dd>`}`
  const parts = component.map(({ definition, expression: path }) => html`<li><code>${definition}</code> <code>${path}</code></li>`)
  const extensions = content.artifacts.filter((one) => one.isExtension && artifact.uses.has(one.url))
  const body = html`${facts(artifact, resource, said)}
${section('components', '组成', 'Components', parts.length > 0 ? html`<ul>${parts}</ul>` : html``)}
${section('extensions', '扩展', 'Extensions', list(extensions))}
${section('profiles', '规范', 'Profiles', list(profiles))}`
  return { ...artifact.names, body }
}
