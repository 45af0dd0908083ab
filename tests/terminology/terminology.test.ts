import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { readTables } from '../../server/terminology-service/tables.ts'
import { createTerminology, terminologyOf } from '../../server/terminology-service/terminology.ts'

const ICD10 = 'urn:oid:2.16.156.10011.2.3.3.11.3'
const INTERPRETATION = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation'

function siteFolder(files: Record<string, unknown>): string {
  const folder = mkdtempSync(join(tmpdir(), 'terminology-'))
  for (const [name, table] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), JSON.stringify(table))
  }
  return folder
}

describe('bad tables fail at the start', () => {
  test.each([
    [
      'a code twice',
      {
        id: 'x',
        url: 'urn:x',
        content: 'complete',
        concepts: [
          { code: '1', display: 'a' },
          { code: '1', display: 'b' },
        ],
      },
    ],
    ['no url', { id: 'x', content: 'complete', concepts: [] }],
    ['content neither complete nor fragment', { id: 'x', url: 'urn:x', content: 'all', concepts: [] }],
  ])('%s', (_, table) => {
    const folder = siteFolder({ 'systems/x.json': table })
    expect(() => readTables([folder])).toThrow('terminology/systems/x.json')
    rmSync(folder, { recursive: true })
  })

  test('a source code twice in a map', () => {
    const folder = siteFolder({
      'maps/x.json': {
        id: 'x',
        target: 'urn:y',
        entries: [
          { from: 'a', code: '1' },
          { from: 'a', code: '2' },
        ],
      },
    })
    expect(() => readTables([folder])).toThrow('terminology/maps/x.json')
    rmSync(folder, { recursive: true })
  })
})

describe('translate', () => {
  const terminology = createTerminology()

  test('an unknown map and an unknown code have no target', () => {
    expect(terminology.translate('no-such-map', '1')).toBeUndefined()
    expect(terminology.translate('miis-gender', '7')).toBeUndefined()
    expect(terminology.translate('miis-gender', 'constructor')).toBeUndefined()
  })

  test.each([
    ['miis-gender', '2', 'http://hl7.org/fhir/administrative-gender', 'female'],
    ['gb2261-1', '9', 'http://hl7.org/fhir/administrative-gender', 'unknown'],
    ['hl7-gender', '男', 'http://hl7.org/fhir/administrative-gender', 'male'],
    ['hl7-marital', 'M', 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus', 'M'],
    ['gb2261-2', '90', 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor', 'UNK'],
    ['miis-med-type', '21', 'http://terminology.hl7.org/CodeSystem/v3-ActCode', 'IMP'],
    ['miis-diag-type', '1', 'http://terminology.hl7.org/CodeSystem/condition-category', 'encounter-diagnosis'],
    ['miis-diag-type', '3', 'https://fhir-cn.example/CodeSystem/cn-condition-category', 'tcm-syndrome'],
    ['rhip-ycts', '3', INTERPRETATION, 'H'],
    ['rhip-ycts', '4', INTERPRETATION, 'L'],
    ['hl7-abnormal', '↓', INTERPRETATION, 'L'],
    ['lab-item', 'WBC', 'http://loinc.org', '6690-2'],
    ['lab-item', 'HBSAG', 'http://loinc.org', '5195-3'],
    ['lab-item', 'GLU|mmol/L', 'http://loinc.org', '14749-6'],
    ['gb4761', '2', 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', 'SON'],
  ])('%s %s', (map, code, system, target) => {
    expect(terminology.translate(map, code)).toMatchObject({ system, code: target })
  })

  test('glucose without a unit has no LOINC code: mass and molar results have different ones', () => {
    expect(terminology.translate('lab-item', 'GLU')).toBeUndefined()
  })
})

describe('contains and lookup', () => {
  const terminology = createTerminology()

  test('a complete table says no, a fragment says unknown, an unloaded system says unknown', () => {
    expect(terminology.contains('urn:oid:2.16.156.10011.2.3.3.4', '2')).toBe('yes')
    expect(terminology.contains('urn:oid:2.16.156.10011.2.3.3.4', '3')).toBe('no')
    expect(terminology.contains(ICD10, 'Z99.999')).toBe('unknown')
    expect(terminology.contains('urn:nobody', '1')).toBe('unknown')
  })

  test('the clinical and the insurance version of ICD-10 are kept apart', () => {
    expect(terminology.contains(`${ICD10}|clinical-2.0`, 'I20.000')).toBe('yes')
    expect(terminology.contains(`${ICD10}|insurance-2.0`, 'I20.000')).toBe('unknown')
    expect(terminology.lookup(ICD10, 'E11.900')).toEqual({ display: '2型糖尿病', version: 'insurance-2.0' })
    expect(terminology.lookup(ICD10, 'E11.900', 'clinical-2.0')).toBeUndefined()
  })

  test('the 53 document types and the 56 ethnic groups are complete', () => {
    expect(terminology.lookup('urn:oid:2.16.156.10011.2.4', 'C0032')).toEqual({ display: '住院病案首页' })
    expect(terminology.lookup('urn:oid:2.16.156.10011.2.4', 'C0049')).toEqual({ display: '出院记录' })
    expect(terminology.contains('urn:oid:2.16.156.10011.2.4', 'C0054')).toBe('no')
    const ethnicities = terminology.tables().systems.find((table) => table.id === 'gb3304-ethnicity')
    expect(ethnicities?.concepts).toHaveLength(59)
    expect(terminology.lookup('urn:oid:2.16.156.10011.2.3.3.3', '56')).toEqual({ display: '基诺族' })
  })

  test('a value set narrows by system and code', () => {
    const valueSets = [{ url: 'urn:vs', include: [{ system: 'urn:a', codes: ['1'] }, { system: 'urn:b' }] }]
    const table = { id: 'b', url: 'urn:b', name: 'b', title: 'b', content: 'fragment' as const, concepts: [{ code: '2', display: 'two' }] }
    const small = terminologyOf({ systems: [table], maps: [] }, valueSets)
    expect(small.contains('urn:vs', '1', 'urn:a')).toBe('yes')
    expect(small.contains('urn:vs', '1', 'urn:c')).toBe('no')
    expect(small.contains('urn:vs', '2', 'urn:b')).toBe('yes')
    expect(small.contains('urn:vs', '3', 'urn:b')).toBe('unknown')
    expect(small.contains('urn:vs', '3', 'urn:a')).toBe('no')
  })

  test("a site's licensed table takes the place of the fragment", () => {
    const concepts = [{ code: 'E11.900', display: '2型糖尿病' }]
    const folder = siteFolder({ 'systems/icd.json': { id: 'i', url: ICD10, version: 'insurance-2.0', content: 'complete', concepts } })
    const site = createTerminology({ folders: [folder] })
    expect(site.contains(`${ICD10}|insurance-2.0`, 'I10.x00')).toBe('no')
    expect(site.contains(ICD10, 'I10.x00')).toBe('unknown')
    rmSync(folder, { recursive: true })
  })
})

test('every target of a shipped map that points into a shipped complete table is in it', () => {
  const terminology = createTerminology()
  const { maps } = terminology.tables()
  const wrong = maps.flatMap((map) =>
    map.entries
      .filter((entry) => terminology.contains(entry.system ?? map.target, entry.code) === 'no')
      .map((entry) => `${map.id}: ${entry.from}`),
  )
  expect(wrong).toEqual([])
})

test('the code systems of the profiles and the tables of the same url agree in codes and displays', () => {
  const folder = new URL('../../profiles/generated/', import.meta.url)
  const files = readdirSync(folder).filter((name) => name.startsWith('CodeSystem-'))
  const tables = createTerminology().tables().systems
  const differing = files.flatMap((name) => {
    const system = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as {
      url: string
      concept?: { code: string; display?: string }[]
    }
    const table = tables.find(({ url }) => url === system.url)
    const displays = new Map(table?.concepts.map(({ code, display }) => [code, display]))
    return table
      ? (system.concept ?? []).filter(({ code, display }) => displays.get(code) !== display).map(({ code }) => `${table.id} ${code}`)
      : []
  })
  expect(differing).toEqual([])
})
