/**
 * The tables of one stay as a platform sends them: in any order, again, corrected, late and withdrawn. Whatever the order, the same is stored.
 * Expected values are read from the rows.
 */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import type { FhirResource } from '../../server/fhir/types.ts'
import { rhipRig } from './rhip-rig.ts'
import type { Rig } from './support.ts'

const FILES = [
  '20260310/TB_YL_PATIENT_INFORMATION.csv',
  '20260311/TB_YL_ZY_MEDICAL_RECORD.csv',
  '20260311/TB_HIS_ZY_ADM_REG.csv',
  '20260311/TB_IH_DIAGNOSIS_DETAIL.csv',
  '20260311/TB_OPRATION_DETAIL.csv',
  '20260311/TB_CIS_LEAVEHOSPITAL_SUMMARY.csv',
  '20260311/TB_HIS_ZY_FEE_DETAIL_FS.csv',
  '20260311/TB_CIS_DRADVICE_DETAIL.csv',
  '20260311/TB_RIS_REPORT.csv',
  '20260311/TB_RIS_REPORT2.txt',
]
const TYPES = [
  'Encounter',
  'Condition',
  'Procedure',
  'Composition',
  'ChargeItem',
  'MedicationRequest',
  'ServiceRequest',
  'DiagnosticReport',
  'ImagingStudy',
  'Specimen',
]
let one: Rig

beforeAll(async () => {
  one = await rhipRig()
})
afterAll(() => one.close())

const send = async (file: string) => {
  const bytes = await readFile(new URL(`../fixtures/samples/rhip/${file}`, import.meta.url))
  return one.send('rhip', bytes, file.split('/').at(-1))
}
const rows = (table: string, header: string, ...lines: string[]) =>
  one.send('rhip', iconv.encode(`${[header, ...lines].join('\r\n')}\r\n`, 'gb18030'), `${table}.csv`)

/** Every clinical resource as it is stored, without what the store itself counts; the number of a person's master is made at random. */
async function everything(): Promise<string[]> {
  const all = await Promise.all(TYPES.map((type) => one.all(type)))
  return all
    .flat()
    .map(({ meta, ...resource }) =>
      JSON.stringify({ ...resource, meta: { ...meta, versionId: '', lastUpdated: '' } }).replace(/Patient\/[a-z0-9]+/g, 'Patient/x'),
    )
    .sort()
}
const numbered = async (type: string, number: string): Promise<FhirResource | undefined> =>
  (await one.all(type)).find(({ identifier }) => JSON.stringify(identifier ?? '').includes(`"${number}"`))

test('any order gives the same, nothing waits in the end, and the same files again change nothing', async () => {
  const stored: string[][] = []
  for (const order of [FILES, [...FILES].reverse()]) {
    await one.wipe()
    for (const file of order) expect((await send(file)).counts.quarantined).toBe(0)
    stored.push(await everything())
    // The examination of 2026-03-09 and the observation stay name visits of a card that the patients' table knows.
    expect(await one.ingest.tables.waiting.count({})).toBe(0)
  }
  expect(stored[1]).toEqual(stored[0])
  const versions = await one.versions()
  for (const file of FILES) {
    const { payload } = await send(file)
    expect(payload.status).not.toBe('received')
  }
  expect(await one.versions()).toBe(versions)
}, 120_000)

test('one stay of three tables: how it ended, where, with which diagnoses, of the linked person', async () => {
  const stay = (await numbered('Encounter', 'ZY20260305001')) as FhirResource & {
    diagnosis: { rank?: number }[]
    subject: { reference: string }
  }
  expect(stay).toMatchObject({
    status: 'finished',
    period: { start: '2026-03-05T09:30:00+08:00', end: '2026-03-10T10:00:00+08:00' },
    serviceType: { text: '心血管内科' },
    length: { value: 5, code: 'd' },
  })
  // Two Western and one Chinese diagnosis; the withdrawn one was never listed.
  expect(stay.diagnosis).toHaveLength(3)
  expect(stay.diagnosis.filter(({ rank }) => rank === 1)).toHaveLength(1)
  const subjects = (await Promise.all(TYPES.map((type) => one.all(type))))
    .flat()
    .map(({ subject }) => (subject as { reference?: string })?.reference)
  const person = stay.subject.reference
  expect(subjects.filter((subject) => subject === person).length).toBeGreaterThan(10)
  const withdrawn = await numbered('Condition', 'ZD0004')
  expect(JSON.stringify(withdrawn)).toContain('entered-in-error')
  expect(JSON.stringify(withdrawn)).not.toContain(person.slice('Patient/'.length))
})

const STAYS = 'YLJGYQDM,JZLSH,KH,KLX,JZKSBM,JZKSMC,RYSJ,CYSJ,XGBZ'

test('a correction counts even where it moves the time back; a late row of a running stay does not undo its end', async () => {
  const row = (end: string) => `0001,ZY20260305001,C10000012345,0,0301,呼吸内科,2026-03-05 09:30:00,${end},1`
  await rows('TB_YL_ZY_MEDICAL_RECORD', STAYS, row('2026-03-10 08:00:00'))
  expect((await numbered('Encounter', 'ZY20260305001'))?.period).toMatchObject({ end: '2026-03-10T08:00:00+08:00' })
  await rows('TB_YL_ZY_MEDICAL_RECORD', STAYS, row('1900-01-01 00:00:00'))
  expect(await numbered('Encounter', 'ZY20260305001')).toMatchObject({ status: 'finished', period: { end: '2026-03-10T08:00:00+08:00' } })
})

test('a withdrawal before what it withdraws, and one behind it', async () => {
  const header = 'YLJGYQDM,SFMXID,STFBZ,JZLSH,FYFSSJ,MXXMMC,MXXMSL,MXXMJE,XGBZ'
  const row = (id: string, state: string) => `0001,${id},1,ZY20260305001,2026-03-06 08:00:00,床位费,1.000,40.000,${state}`
  await rows('TB_HIS_ZY_FEE_DETAIL_FS', header, row('FY0091', '2'))
  await rows('TB_HIS_ZY_FEE_DETAIL_FS', header, row('FY0091', '1'), row('FY0092', '1'))
  await rows('TB_HIS_ZY_FEE_DETAIL_FS', header, row('FY0092', '2'))
  for (const id of ['FY0091', 'FY0092']) {
    const charge = await numbered('ChargeItem', id)
    expect(charge).toMatchObject({ status: 'entered-in-error' })
    expect(charge?.priceOverride).toBeUndefined()
  }
})
