/** What a hospital sends itself and what its platform sends of it have one key, so that a reader sees one thing (formats.md D25). */
import { expect, test } from '@jest/globals'
import { rhipTables } from '../../../mappings/rhip/tables/index.ts'
import { INPATIENT, message, PATIENT, read } from '../hospital/messages.ts'
import { ofType, readAll } from '../support.ts'

const ofHospital = async (type: string, ...segments: string[]) => (await read(message(type, '2.4', PATIENT, INPATIENT, ...segments))).record
const ofPlatform = async (header: string, row: string) => (await readAll(rhipTables, `${header}\n${row}\n`)).mapped[0]

test.each<[string, string, string, string[], string, string]>([
  [
    'an imaging report',
    'DiagnosticReport',
    'ORU^R01',
    ['OBR|1|SQ1|YX1|CT01^胸部CT|||20260305090000|||||||||||||||20260305103000||RAD|F', 'OBX|1|TX|ZD^影像诊断||右上肺结节||||||F'],
    'YLJGYQDM,INSTANCEUID,JZLSH,KH,KLX,BGSJ,YXZD,XGBZ',
    '0001,YX1,ZY1,C1,0,2026-03-05 10:30:00,右上肺结节,1',
  ],
  [
    'a drug order',
    'MedicationRequest',
    'RDE^O11',
    ['ORC|NW|YZ1||||||||20260305102500', 'RXE|^BID|YP1^阿莫西林胶囊^L|0.5||g^克', 'RXR|PO^口服'],
    'YLJGDM,YZID,JZLSH,CXBZ,MXXMMC,YZLX',
    '0001,YZ1,ZY1,1,阿莫西林胶囊,1',
  ],
  [
    'a charge',
    'ChargeItem',
    'DFT^P03',
    ['FT1|1|FY1||20260305093000|20260305100000|CG|250403002^肝功能检查^L|||2|57.00|28.50'],
    'YLJGYQDM,SFMXID,STFBZ,JZLSH,FYFSSJ,MXXMMC,MXXMSL,XGBZ',
    '0001,FY1,1,ZY1,2026-03-05 09:30:00,肝功能检查,2.000,1',
  ],
  [
    'a diagnosis',
    'Condition',
    'ADT^A01',
    ['DG1|1||J18.900^肺炎^ICD-10|||A'],
    'YLJGYQDM,ZYZDLSH,JZLSH,ZDBM,ZDSM,XGBZ',
    '0001,ZD1,ZY1,J18.900,肺炎,1',
  ],
])('%s', async (_, resource, event, segments, header, row) => {
  const [own] = ofType(await ofHospital(event, ...segments), resource)
  const [other] = ofType(await ofPlatform(header, row), resource)
  expect(own?.key).toMatchObject({ type: resource, scope: 'H1' })
  expect(other?.key).toEqual(own?.key)
})

test('a refund is another thing than the charge that it gives back', async () => {
  const header = 'YLJGYQDM,SFMXID,STFBZ,JZLSH,FYFSSJ,MXXMMC,MXXMSL,XGBZ'
  const keys = await Promise.all(
    ['1', '2'].map(
      async (state) => ofType(await ofPlatform(header, `0001,FY1,${state},ZY1,2026-03-05,床位费,1.000,1`), 'ChargeItem')[0]?.key,
    ),
  )
  expect(keys[0]).not.toEqual(keys[1])
})
