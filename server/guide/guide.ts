/**
 * The implementation guide of the Chinese profiles: which page stands under which name. Nothing is read before the first page is asked
 * for, so that the server starts no later for it; a page is made once and kept as it is sent.
 */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { TerminologyTables } from '../terminology-service/tables.ts'
import { readContent } from './content.ts'
import { brokenExamplesPage, soundPage } from './example-pages.ts'
import { both, html } from './html.ts'
import { identifiersPage } from './identifiers-page.ts'
import { examplesPage, homePage, INDEXES, indexPage } from './index-pages.ts'
import { laidOut, type Page, STYLE, STYLESHEET } from './layout.ts'
import { brokenPage, examplePage, jsonOf, pageOf } from './links.ts'
import { mappingPage } from './mapping-page.ts'
import { packageArchive } from './package.ts'
import { structurePage } from './structure-page.ts'
import { codeSystemPage, conceptMapPage, searchParameterPage, valueSetPage } from './terminology-pages.ts'
import { PACKAGE, PACKAGE_FILE } from './texts/package.ts'
import type { Artifact, ArtifactType, Content } from './types.ts'

export interface GuideFile {
  contentType: string
  /** as gzip; the package is gzip itself and has no other form */
  packed: Buffer
  /** name under which the package is kept by whoever fetches it */
  download?: string
  etag: string
}

export interface Guide {
  /** undefined: there is no such page */
  file(name: string): Promise<GuideFile | undefined>
  /** names of all files */
  names(): Promise<string[]>
  missing(): Promise<GuideFile>
}

type Make = (content: Content) => Page | Promise<Page>
type Entry = { page: Make } | { text: () => Promise<string> | string; contentType: string } | { archive: true }

const PAGES: Readonly<Record<ArtifactType, (content: Content, artifact: Artifact) => Promise<Page>>> = {
  StructureDefinition: structurePage,
  ValueSet: valueSetPage,
  CodeSystem: codeSystemPage,
  ConceptMap: conceptMapPage,
  SearchParameter: searchParameterPage,
}

const HTML = 'text/html; charset=utf-8'
const JSON_TEXT = 'application/fhir+json; charset=utf-8'

export function createGuide(tables: () => TerminologyTables): Guide {
  let reading: Promise<Site> | undefined
  const site = () => {
    reading ??= readContent(tables()).then(siteOf)
    return reading
  }
  const made = new Map<string, Promise<GuideFile>>()
  const once = (name: string, make: () => Promise<GuideFile>) => {
    const known = made.get(name)
    if (known) return known
    const fresh = make()
    made.set(name, fresh)
    fresh.catch(() => made.delete(name))
    return fresh
  }
  return {
    async file(name) {
      const { content, entries } = await site()
      const entry = entries.get(name)
      return entry && once(name, () => fileOf(content, entry))
    },
    async names() {
      return [...(await site()).entries.keys()]
    },
    missing: () => once('', () => packedText(laidOut(MISSING), HTML)),
  }
}

const MISSING: Page = {
  zh: '未找到',
  en: 'Not found',
  body: html`<p>${both('指南中没有此页。', 'The guide has no such page.')} <a href="index.html">${both('首页', 'Home')}</a></p>`,
}

interface Site {
  content: Content
  entries: ReadonlyMap<string, Entry>
}

function siteOf(content: Content): Site {
  const entries = new Map<string, Entry>([
    ['index.html', { page: homePage }],
    ['mappings.html', { page: mappingPage }],
    ['identifiers.html', { page: identifiersPage }],
    ['examples.html', { page: examplesPage }],
    [STYLESHEET, { text: () => STYLE, contentType: 'text/css; charset=utf-8' }],
    [PACKAGE_FILE, { archive: true }],
  ])
  for (const [file, kind] of Object.entries(INDEXES)) entries.set(file, { page: (all) => indexPage(all, kind) })
  for (const one of content.artifacts) {
    entries.set(pageOf(one), { page: (all) => PAGES[one.type](all, one) })
    entries.set(jsonOf(one), { text: one.text, contentType: JSON_TEXT })
  }
  for (const one of content.examples) {
    entries.set(examplePage(one.name), { page: (all) => soundPage(all, one) })
    entries.set(examplePage(one.name).replace(/html$/, 'json'), { text: one.text, contentType: JSON_TEXT })
  }
  for (const id of content.broken.keys()) entries.set(brokenPage(id), { page: (all) => brokenExamplesPage(all, id) })
  return { content, entries }
}

async function fileOf(content: Content, entry: Entry): Promise<GuideFile> {
  if ('archive' in entry) {
    const packed = await packageArchive(content)
    return { contentType: 'application/gzip', packed, download: `${PACKAGE.name}-${PACKAGE.version}.tgz`, etag: etagOf(packed) }
  }
  if ('page' in entry) return packedText(laidOut(await entry.page(content)), HTML)
  return packedText(await entry.text(), entry.contentType)
}

const packedBytes = promisify(gzip)

async function packedText(text: string, contentType: string): Promise<GuideFile> {
  return { contentType, packed: await packedBytes(text), etag: etagOf(text) }
}

/** Weak: the same for both codings (RFC 9110 8.8.3). */
const etagOf = (bytes: string | Buffer): string => `W/"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
