/** Pages of examples: a sound one, and all broken ones of a profile. */
import { both, english, html } from './html.ts'
import type { Page } from './layout.ts'
import { artifactLink, examplePage } from './links.ts'
import { issueText } from './structure-page.ts'
import type { Content, Example } from './types.ts'

export async function soundPage(content: Content, example: Example): Promise<Page> {
  const text = await example.text()
  const profile = structureOf(content, example.of)
  const body = html`<dl><dt>${both('规范', 'Profile')}</dt><dd>${profile && artifactLink(profile)}</dd>
<dt>${both('资源类型', 'Type')}</dt><dd>${example.resourceType}</dd>
<dt>JSON</dt><dd><a href="${examplePage(example.name).replace(/html$/, 'json')}">JSON</a></dd></dl>
<pre>${text}</pre>`
  return { zh: `示例：${profile?.names.zh ?? example.of}`, en: example.name, body }
}

export async function brokenExamplesPage(content: Content, id: string): Promise<Page> {
  const profile = structureOf(content, id)
  const all = await content.brokenOf(id)
  const parts = all.map(
    ({ what, issue, resource }, at) => html`<section id="e${at + 1}"><h2>${at + 1}. ${english(what)}</h2>
<p>${issueText(issue)} <code>${issue.expression}</code></p>
<details><summary>${both('资源', 'Resource')}</summary><pre>${JSON.stringify(resource, null, 1)}</pre></details></section>
`,
  )
  return {
    zh: `不合格示例：${profile?.names.zh ?? id}`,
    en: `Invalid examples of ${id}`,
    body: html`<p>${profile && artifactLink(profile)}</p>${parts}`,
  }
}

const structureOf = ({ artifacts }: Content, id: string) => artifacts.find((one) => one.type === 'StructureDefinition' && one.id === id)
