/** The npm-style FHIR package: what stands in it, as `tar` reads it, and that it is the same bytes each time. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createGuide } from '../../server/guide/guide.ts'
import { tar } from '../../server/guide/tar.ts'
import { createTerminology } from '../../server/terminology-service/terminology.ts'

const GENERATED = join(import.meta.dirname, '..', '..', 'profiles', 'generated')
const folder = mkdtempSync(join(tmpdir(), 'yilian-guide-'))
const inPackage = join(folder, 'package')
let bytes: Buffer

const build = async (): Promise<Buffer> => {
  const file = await createGuide(() => createTerminology().tables()).file('package.tgz')
  return file?.packed ?? Buffer.alloc(0)
}

beforeAll(async () => {
  bytes = await build()
  writeFileSync(join(folder, 'package.tgz'), bytes)
  const { status, stderr } = spawnSync('tar', ['-xzf', 'package.tgz'], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
})
afterAll(() => rmSync(folder, { recursive: true }))

const read = (path: string) => JSON.parse(readFileSync(join(inPackage, path), 'utf8'))
const listed = (path: string): string[] => readdirSync(join(inPackage, path)).filter((name) => /^[A-Z].*\.json$/.test(name))

test('the manifest says what it is and what it stands on', () => {
  expect(read('package.json')).toMatchObject({
    name: 'yilian.cn',
    version: '0.1.0',
    type: 'fhir.ig',
    canonical: 'https://fhir-cn.example',
    fhirVersions: ['4.0.1'],
    dependencies: { 'hl7.fhir.r4.core': '4.0.1' },
  })
})

test('every committed definition is there byte for byte', () => {
  const files = readdirSync(GENERATED).filter((name) => /^(?:StructureDefinition|ValueSet|SearchParameter|CodeSystem)-.*\.json$/.test(name))
  const differing = files.filter((name) => !readFileSync(join(GENERATED, name)).equals(readFileSync(join(inPackage, name))))
  // Lists of which the profiles need a part, and the server's table has more.
  expect(differing).toEqual(['CodeSystem-cv-payment-method.json', 'CodeSystem-gb-t-4761.json'])
  expect(read('CodeSystem-gb-t-4761.json').concept.length).toBeGreaterThan(90)
})

test('maps and tables of the server are there too, and nothing that is not ours', () => {
  expect(read('ConceptMap-gb4761.json').url).toBe('https://fhir-cn.example/ConceptMap/gb4761')
  expect(read('CodeSystem-gbt2659-country.json').concept).toHaveLength(249)
  const urls = listed('').map((name) => read(name).url as string)
  expect(urls.filter((url) => !/^(?:https:\/\/fhir-cn\.example\/|urn:oid:2\.16\.156\.)/.test(url))).toEqual([])
})

test('every sound example is there, with an id of its own', () => {
  const sound = readdirSync(join(GENERATED, 'examples', 'valid'))
  expect(listed('example')).toHaveLength(sound.length)
  const { resourceType, id } = read('example/Specimen-example-cn-specimen.json')
  expect([resourceType, id]).toEqual(['Specimen', 'example-cn-specimen'])
})

test.each(['', 'example'])('.index.json of package/%s names its files and what they are', (path) => {
  const { 'index-version': version, files } = read(join(path, '.index.json'))
  expect(version).toBe(2)
  expect(files.map(({ filename }: { filename: string }) => filename)).toEqual(listed(path).sort())
  if (path === '')
    expect(files).toContainEqual({
      filename: 'StructureDefinition-cn-specimen.json',
      resourceType: 'StructureDefinition',
      id: 'cn-specimen',
      url: 'https://fhir-cn.example/StructureDefinition/cn-specimen',
      version: '0.1.0',
      kind: 'resource',
      type: 'Specimen',
    })
})

test('it is the same bytes each time, and no clock stands in it', async () => {
  expect(bytes.equals(await build())).toBe(true)
  // RFC 1952: modification time 0, and a system that nobody knows.
  expect([...bytes.subarray(4, 8), bytes[9]]).toEqual([0, 0, 0, 0, 255])
  const times = new Set(listed('').map((name) => statSync(join(inPackage, name)).mtime.toISOString()))
  expect([...times]).toEqual(['1985-10-26T08:15:00.000Z'])
})

test('a name that the header of an archive has no room for is refused', () => {
  expect(() => tar([[`${'x'.repeat(101)}`, '']])).toThrow('too long')
})
