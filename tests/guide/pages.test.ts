/** The implementation guide over HTTP: every page, every link, and what stands on some of them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { SaxesParser } from 'saxes'
import { createGuide } from '../../server/guide/guide.ts'
import { html } from '../../server/guide/html.ts'
import { elementName } from '../../server/guide/texts/elements.ts'
import { EXTENSION_NAMES } from '../../server/guide/texts/extensions.ts'
import { INVARIANT_TEXTS } from '../../server/guide/texts/invariants.ts'
import { PROFILE_NAMES } from '../../server/guide/texts/profiles.ts'
import { createTerminology } from '../../server/terminology-service/terminology.ts'
import { readGenerated } from '../../server/validation/profile-definitions.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** What a page links to, the ids of its elements, and its words. */
interface Read {
  links: string[]
  ids: Set<string>
  /** text of each cell of each row of each table */
  rows: string[][]
  heading: string
  elements: { name: string; attributes: Record<string, string> }[]
}

let server: TestServer
const pages = new Map<string, Read>()
const others = new Set<string>()

beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  const waiting = ['index.html']
  const seen = new Set(waiting)
  while (waiting.length > 0) {
    const name = waiting.pop() as string
    const answer = await fetch(`${server.url}/ig/${name}`)
    if (answer.status !== 200) throw new Error(`${name}: ${answer.status}`)
    if (!name.endsWith('.html')) {
      others.add(name)
      await answer.arrayBuffer()
      continue
    }
    const read = parsed(await answer.text())
    pages.set(name, read)
    for (const link of read.links.map((each) => each.split('#')[0] ?? '').filter((each) => !seen.has(each))) {
      seen.add(link)
      waiting.push(link)
    }
  }
})
afterAll(() => server.stop())

/** As XML, which is stricter than any browser. */
function parsed(text: string): Read {
  const read: Read = { links: [], ids: new Set(), rows: [], heading: '', elements: [] }
  const open: string[] = []
  const parser = new SaxesParser({ fragment: false })
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', (tag) => {
    const { name, attributes } = tag as { name: string; attributes: Record<string, string> }
    open.push(name)
    read.elements.push({ name, attributes })
    if (attributes.id !== undefined) read.ids.add(attributes.id)
    if (attributes.href !== undefined) read.links.push(attributes.href)
    if (name === 'tr') read.rows.push([])
    if (name === 'td') read.rows.at(-1)?.push('')
  })
  parser.on('text', (words) => {
    const row = read.rows.at(-1)
    if (open.includes('td') && row) row[row.length - 1] += words
    if (open.includes('h1')) read.heading += words
  })
  parser.on('closetag', () => void open.pop())
  parser.write(text).close()
  return read
}

const page = (name: string): Read => {
  const found = pages.get(name)
  if (!found) throw new Error(`${name} is not linked from anywhere`)
  return found
}

describe('all pages', () => {
  test('are found by links from the first, files of JSON and the package too', async () => {
    const all = await createGuide(() => createTerminology().tables()).names()
    expect([...pages.keys(), ...others].sort()).toEqual(all.sort())
    expect(pages.size).toBeGreaterThan(500)
  })

  test('have what their links name within a page', () => {
    const lost = [...pages].flatMap(([name, { links }]) =>
      links
        .map((link) => link.split('#') as [string, string?])
        .filter(([to, id]) => id !== undefined && !pages.get(to || name)?.ids.has(id))
        .map(([to, id]) => `${name}: ${to}#${id}`),
    )
    expect(lost).toEqual([])
  })

  test('load nothing but the style, run nothing, and lead nowhere else', () => {
    for (const [name, { elements, links }] of pages) {
      const names = new Set(elements.map((each) => each.name))
      expect([name, ['script', 'style', 'img', 'iframe', 'form', 'base'].filter((each) => names.has(each))]).toEqual([name, []])
      const acting = elements.flatMap(({ attributes }) => Object.keys(attributes)).filter((each) => /^(?:on|style$|src)/.test(each))
      expect([name, acting, links.filter((link) => /^(?:\w+:|\/)/.test(link))]).toEqual([name, [], []])
    }
  })

  test('have a Chinese heading, and their tables scroll within themselves', () => {
    for (const [name, { heading, elements }] of pages) {
      expect([name, /\p{Script=Han}/u.test(heading)]).toEqual([name, true])
      const around = elements.filter((each, at) => each.name === 'table' && elements[at - 1]?.attributes.class !== 'scroll')
      expect([name, around.length]).toEqual([name, 0])
    }
  })
})

describe('the page of a profile', () => {
  const cell = (name: string, first: string) => page(name).rows.filter(([head]) => head?.trim() === first)

  test('shows cardinality, type, binding and slices', () => {
    const rows = cell('StructureDefinition-cn-patient.html', 'identifier')
    expect(rows.map(([, cardinality, type]) => [cardinality, type])).toContainEqual(['1..*', 'Identifier'])
    expect(cell('StructureDefinition-cn-patient.html', 'Patient.maritalStatus')).toContainEqual([
      'Patient.maritalStatus',
      'extensible',
      'cn-marital-status',
    ])
    const [slices = ''] = cell('StructureDefinition-cn-patient.html', 'Patient.identifier').map((row) => row.join(' '))
    expect(slices).toContain('value:system open')
    expect(slices).toContain('idCard 0..1')
  })

  test('shows fixed values and invariants in both languages', () => {
    expect(cell('StructureDefinition-cn-patient.html', 'Patient.identifier:idCard.system')).toContainEqual([
      'Patient.identifier:idCard.system',
      'pattern',
      'urn:oid:2.16.156.10011.1.3',
    ])
    const [row = []] = cell('StructureDefinition-cn-specimen.html', 'cn-spc-3')
    expect(row.slice(0, 4)).toEqual([
      'cn-spc-3',
      '错误 error',
      '标本类型须有代码或文字 The kind of specimen has a code or a text',
      'Specimen',
    ])
  })

  test('says in Chinese first what each element is', () => {
    const rows = page('StructureDefinition-cn-patient-minimal.html').rows
    const meaning = (name: string) => rows.filter(([first]) => first === name).map((row) => row[4])
    expect(meaning('maritalStatus')[0]).toBe('婚姻状况 Marital (civil) status of a patient')
    expect(meaning('extension:ethnicity')[0]).toBe('民族 Ethnic group, GB 3304')
    expect(meaning('identifier:idCard')[0]).toBe('居民身份证号 An identifier for this patient')
    const bare = readGenerated()
      .filter((each) => each.resourceType === 'StructureDefinition')
      .flatMap(({ snapshot }) => snapshot.element)
      .filter(({ path, sliceName }) => path.includes('.') && elementName(path, sliceName) === undefined)
    expect([...new Set(bare.map(({ path }) => path))]).toEqual([])
    // A slice is told by its own name, an extension by the name of its page.
    const slices = readGenerated()
      .filter((each) => each.resourceType === 'StructureDefinition')
      .flatMap(({ snapshot }) => snapshot.element)
      .filter(({ sliceName, type }) => sliceName !== undefined && !type?.[0]?.profile)
      .filter(({ path, sliceName }) => elementName(path, sliceName) === elementName(path))
    expect([...new Set(slices.map(({ sliceName }) => sliceName))]).toEqual([])
  })

  test('shows its examples, and of those that are wrong what is wrong', () => {
    const { links, rows } = page('StructureDefinition-cn-specimen.html')
    expect(links).toContain('example-cn-specimen.html')
    const wrong = rows.filter(([what]) => what?.endsWith('no identifier'))
    expect(wrong.map((row) => row.slice(1, 3))).toEqual([
      ['error required 缺少必填元素（cn-specimen） A mandatory element is missing (cn-specimen)', 'Specimen.identifier'],
    ])
  })

  test('shows the fields of all three kinds of source', () => {
    const rows = page('StructureDefinition-cn-patient.html').rows
    expect(rows).toContainEqual(['Patient.identifier', 'miis/person', 'psn_no'])
    expect(rows).toContainEqual(['Patient.birthDate', 'rhip/TB_YL_PATIENT_INFORMATION', 'CSRQ'])
    expect(rows.filter(([, source]) => source?.startsWith('hospital/')).length).toBeGreaterThan(5)
    expect(page('StructureDefinition-cn-ethnicity.html').rows).toContainEqual([
      'Patient.extension(cn-ethnicity).valueCoding.code',
      'miis/person',
      'naty',
    ])
  })

  test('leads to search parameters and from value sets back', () => {
    expect(page('StructureDefinition-cn-ethnicity.html').links).toContain('SearchParameter-cn-ethnicity.html')
    expect(page('ValueSet-cn-marital-status.html').links).toContain('StructureDefinition-cn-patient-minimal.html')
    expect(page('SearchParameter-cn-ethnicity.html').links).toContain('StructureDefinition-cn-ethnicity.html')
  })
})

describe('other pages', () => {
  test('a code system shows the whole table that the server knows', () => {
    const rows = page('CodeSystem-gb-t-4761.html').rows
    expect(rows).toContainEqual(['11', '夫', ''])
    expect(page('ConceptMap-gb4761.html').rows).toContainEqual(['11', 'HUSB', 'husband', 'relatedto'])
  })

  test('identifiers, with what could not be checked', () => {
    const { rows, ids } = page('identifiers.html')
    expect(rows.find(([name]) => name?.startsWith('居民身份证号'))).toEqual([
      '居民身份证号 Resident identity number',
      'urn:oid:2.16.156.10011.1.3',
      '',
      '取自公开模板，未核对 as in public templates, not checked',
    ])
    expect(ids.has('unchecked')).toBe(true)
  })

  test('everything of ours has a Chinese name, and every invariant a Chinese text', () => {
    const structures = readGenerated().filter((each) => each.resourceType === 'StructureDefinition')
    const named = Object.keys({ ...PROFILE_NAMES, ...EXTENSION_NAMES })
    expect(structures.map(({ url }) => url.slice(url.lastIndexOf('/') + 1)).sort()).toEqual(named.sort())
    const keys = structures.flatMap(({ snapshot, url }) =>
      snapshot.element.flatMap(({ constraint = [] }) => constraint.filter(({ source }) => source === url).map(({ key }) => key)),
    )
    expect([...new Set(keys)].sort()).toEqual(Object.keys(INVARIANT_TEXTS).sort())
  })

  test('what is put into a page is escaped', () => {
    expect(html`<b title="${'"&\''}">${'<i>\u0000'}${['x', html`<br/>`, false]}</b>`.text).toBe(
      '<b title="&quot;&amp;&#39;">&lt;i&gt;\ufffdx<br/></b>',
    )
  })

  test('two readings make the same', async () => {
    const [one, other] = [createGuide(() => createTerminology().tables()), createGuide(() => createTerminology().tables())]
    for (const name of ['index.html', 'mappings.html', 'StructureDefinition-cn-eob-settlement.html', 'package.tgz'])
      expect((await one.file(name))?.packed.equals((await other.file(name))?.packed as Buffer)).toBe(true)
  })
})

describe('answers', () => {
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${server.url}${path}`, { headers, method, redirect: 'manual' })

  test('need no login, and let nothing run', async () => {
    const guarded = await startTestServer()
    try {
      const answer = await fetch(`${guarded.url}/ig/`)
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
      expect(answer.headers.get('content-security-policy')).toBe(
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-downloads",
      )
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    } finally {
      await guarded.stop()
    }
  })

  test('are gzip for who accepts it', async () => {
    const [plain, packed] = [await get('/ig/profiles.html', { 'accept-encoding': 'identity' }), await get('/ig/profiles.html')]
    expect([plain.headers.get('content-encoding'), packed.headers.get('content-encoding')]).toEqual([null, 'gzip'])
    expect(await plain.text()).toBe(await packed.text())
    expect(plain.headers.get('etag')).toBe(packed.headers.get('etag'))
  })

  test('are not sent again to who has them', async () => {
    const etag = (await get('/ig/index.html')).headers.get('etag') as string
    for (const tag of [etag, etag.slice(2), `"x", ${etag}`]) expect((await get('/ig/', { 'if-none-match': tag })).status).toBe(304)
    expect((await get('/ig/', { 'if-none-match': '"x"' })).status).toBe(200)
  })

  test('HEAD, OPTIONS, and no other method', async () => {
    const head = await get('/ig/style.css', {}, 'HEAD')
    expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([200, 'text/css; charset=utf-8', ''])
    expect((await get('/ig/', {}, 'OPTIONS')).headers.get('allow')).toBe('GET, HEAD, OPTIONS')
    const refused = await get('/ig/', {}, 'POST')
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
  })

  test('/ig leads to /ig/', async () => {
    const answer = await get('/ig')
    expect([answer.status, answer.headers.get('location')]).toEqual([308, 'ig/'])
  })

  test.each([
    '/ig/nothing.html',
    '/ig/index.html/',
    '/ig/..%2f..%2fpackage.json',
    '/ig/package.json',
    '/ig/__proto__',
    '/ig/a/b',
    '/ig/%zz',
  ])('%s is not there, in both languages', async (path) => {
    const answer = await get(path)
    expect([answer.status, answer.headers.get('etag')]).toEqual([404, null])
    expect(parsed(await answer.text()).heading).toBe('未找到 Not found')
  })
})
