/** TB_CIS_LEAVEHOSPITAL_SUMMARY: the discharge record C0049, and what it says of the stay. */
import { expect, test } from '@jest/globals'
import { rhipTables } from '../../../mappings/rhip/tables/index.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

interface Document {
  section: { code: { coding: { code: string }[] }; text: { div: string } }[]
}

test('the sample', async () => {
  const { mapped, rejected } = await readAll(rhipTables, sample('rhip/20260311/TB_CIS_LEAVEHOSPITAL_SUMMARY.csv'))
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  const document = plain(ofType(mapped[0], 'Composition')[0]) as unknown as Document
  expect(document).toMatchObject({
    identifier: { system: 'https://fhir-cn.example/sid/H1/discharge-summary-no', value: 'ZY20260305001' },
    status: 'final',
    type: { coding: [{ code: 'C0049' }] },
    date: '2026-03-10T10:00:00+08:00',
    author: [{ display: '周住院' }, { display: '孙医生' }],
  })
  expect(document.section.map(({ code }) => code.coding[0]?.code)).toEqual(['11450-4', '30954-2', '8648-8', '11535-2', '46209-3'])
  expect(document.section[0]?.text.div).toContain('<p>入院诊断：肺炎</p>')
  expect(document.section[3]?.text.div).toContain('<p>出院情况：治愈</p>')
  const stay = ofType(mapped[0], 'Encounter')[0]
  expect(stay).toMatchObject({ key: { parts: ['ZY20260305001'] }, order: '3', state: 'current' })
  expect(stay?.placeholder).toBeUndefined()
  expect(plain(stay)).toMatchObject({
    status: 'finished',
    length: { value: 5, code: 'd' },
    location: [{ location: { $key: { type: 'Location', parts: ['W05', '12'] } } }],
  })
  expect(plain(stay).hospitalization).toBeUndefined()
  expect(mapped[0]?.patient).toEqual({
    local: [{ kind: 'VISIT', value: 'H1|ZY20260305001', strong: false }],
    name: '王建国',
    gender: 'male',
  })
})

test('orders that are just 死亡 say how the patient left; markup in a text is text', async () => {
  const csv = 'YLJGYQDM,JZLSH,RYSJ,CYSJ,CYZD,ZLGC,CYYZ,XGBZ\n0001,V1,2026-03-05,2026-03-06,<b>A & B</b>,x < y,死亡,1\n'
  const { mapped } = await readAll(rhipTables, csv)
  expect(plain(ofType(mapped[0], 'Encounter')[0])).toMatchObject({ hospitalization: { dischargeDisposition: { coding: [{ code: '5' }] } } })
  const { section } = plain(ofType(mapped[0], 'Composition')[0]) as unknown as Document
  expect(section.map(({ text }) => text.div)).toEqual([
    '<div xmlns="http://www.w3.org/1999/xhtml"><p>诊疗过程：x &lt; y</p></div>',
    '<div xmlns="http://www.w3.org/1999/xhtml"><p>出院诊断：A &amp; B</p></div>',
    '<div xmlns="http://www.w3.org/1999/xhtml"><p>出院医嘱：死亡</p></div>',
  ])
})

test('a withdrawn summary voids the document and says nothing of the stay', async () => {
  const csv = 'YLJGYQDM,JZLSH,RYSJ,CYSJ,XGBZ\n0001,V1,2026-03-05,2026-03-06,2\n'
  const { mapped } = await readAll(rhipTables, csv)
  expect(ofType(mapped[0], 'Composition')[0]?.state).toBe('withdrawn')
  expect(ofType(mapped[0], 'Encounter').filter(({ placeholder }) => !placeholder)).toEqual([])
})

test('a row without any of its texts, as of a stay that goes on, is no document', async () => {
  const csv = 'YLJGYQDM,JZLSH,RYSJ,CYSJ,CYZD,ZZYSRYXM,XGBZ\n0001,V1,2026-03-05,1900-01-01,-,赵医生,1\n'
  const { mapped } = await readAll(rhipTables, csv)
  expect(ofType(mapped[0], 'Composition')).toEqual([])
  expect(plain(ofType(mapped[0], 'Encounter')[0]).status).toBe('in-progress')
  expect(mapped[0]?.unread).toEqual(['ZZYSRYXM'])
})
