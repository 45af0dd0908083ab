/** Systems of identifiers, OIDs of code systems, and what could not be checked. */
import { both, html, section, table } from './html.ts'
import type { Page } from './layout.ts'
import { artifactLink } from './links.ts'
import { IDENTIFIERS, UNCHECKED } from './texts/identifiers.ts'
import type { Content } from './types.ts'

const KNOWN = {
  template: both('取自公开模板，未核对', 'as in public templates, not checked'),
  ours: both('本指南自定', 'named by this guide'),
  hl7: both('DICOM 与 HL7 标准', 'DICOM and HL7'),
} as const

export function identifiersPage({ artifacts, notes }: Content): Page {
  const numbers = IDENTIFIERS.map(({ zh, en, system, oid, known }) => [
    both(zh, en),
    html`<code>${system}</code>`,
    html`<code>${oid}</code>`,
    KNOWN[known],
  ])
  const systems = artifacts
    .filter(({ type, url }) => type === 'CodeSystem' && url.startsWith('urn:oid:'))
    .map((one) => [html`<code>${one.url.slice('urn:oid:'.length)}</code>`, artifactLink(one), both(one.names.zh, one.names.en)])
  const open = UNCHECKED.map(([zh, en]) => html`<li>${both(zh, en)}</li>`)
  const said = notes.map(({ id, title, note }) => [
    html`<a href="CodeSystem-${id}.html">${id}</a>`,
    title,
    html`<span lang="en">${note}</span>`,
  ])
  const body = html`<p>${both('全国唯一的号码用国家 OID；医院自行分配的号码按机构各用一个系统，模板中的国家 OID 只说明号码的种类。', 'Numbers that are unique in the country have the national OID. Those that a hospital gives have a system for each hospital: the OID of the templates says only what kind of number it is.')}</p>
${section('numbers', '号码', 'Numbers', table([both('号码', 'Number'), 'Identifier.system', both('模板 OID', 'OID in templates'), both('依据', 'Known from')], numbers))}
${section('code-systems', '代码系统 OID', 'OIDs of code systems', table(['OID', both('代码系统', 'Code system'), both('名称', 'Name')], systems))}
${section('unchecked', '未能核对的内容', 'What could not be checked', html`<ul>${open}</ul>`, table([both('代码系统', 'Code system'), both('名称', 'Name'), both('说明', 'Note')], said))}`
  return { zh: '标识与 OID', en: 'Identifiers and OIDs', body }
}
