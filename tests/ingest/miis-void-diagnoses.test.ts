/** `vali_flag` 0: the diagnosis is void and leaves the lists that name it, those of its visit and of its claim, in whatever order the messages come; said again it is back. By hand. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { type Json, messageAt, miisRig } from './miis-rig.ts'
import type { Rig } from './support.ts'
import { permutations } from '../support/permutations.ts'

const [PSN, VISIT] = ['11000000000000000000012345', 'V1']

let one: Rig
beforeAll(async () => {
  one = await miisRig()
})
beforeEach(() => one.wipe())
afterAll(() => one.close())

let no = 0
const message = (infno: string, hour: string, input: Json): Json =>
  messageAt(infno, `H1101050000120260309${String(++no).padStart(10, '0')}`, hour, input)
const [COLD, DIABETES] = ['J06.900', 'E11.900']
/** Codes with their flags, the first the main one. */
const diseases = (flags: Record<string, '0' | '1'>): Json[] =>
  Object.entries(flags).map(([diag_code, vali_flag], at) => ({
    diag_type: '1',
    diag_srt_no: String(at + 1),
    diag_code,
    diag_name: diag_code,
    maindiag_flag: at === 0 ? '1' : '0',
    vali_flag,
  }))
const INFO = { psn_no: PSN, mdtrt_id: VISIT }
const visit = (hour: string, flags: Record<string, '0' | '1'>) =>
  message('2203', hour, { mdtrtinfo: { ...INFO, med_type: '11', begntime: '2026-03-09 08:00:00' }, diseinfo: diseases(flags) })
const admission = (hour: string, flags: Record<string, '0' | '1'>) =>
  message('2403', hour, {
    adminfo: { ...INFO, insutype: '310', med_type: '21', begntime: '2026-03-09 08:00:00' },
    diseinfo: diseases(flags),
  })
const discharge = (hour: string, flags: Record<string, '0' | '1'>) =>
  message('2402', hour, {
    mdtrtinfo: { ...INFO, insutype: '310', endtime: '2026-03-09 12:00:00', dscg_way: '1' },
    diseinfo: diseases(flags),
  })
const list = (hour: string, flags: Record<string, '0' | '1'>) =>
  message('4101', hour, {
    setlinfo: { ...INFO, setl_id: 'S1', dcla_time: `2026-03-09 ${hour}:00`, adm_time: '2026-03-05' },
    diseinfo: diseases(flags),
  })

/** Codes of the diagnoses that stand, those of the visit's list with their role, and those of the claim's. */
async function outcome(): Promise<{ standing: string[]; listed: string[]; claimed: string[] }> {
  const conditions = (await one.all('Condition')) as unknown as {
    id: string
    code: { coding: { code: string }[] }
    verificationStatus: Json
  }[]
  const codes = new Map(conditions.map(({ id, code }) => [`Condition/${id}`, code.coding[0]?.code ?? '']))
  const isVoid = (status: Json): boolean => JSON.stringify(status).includes('entered-in-error')
  type Listed = { condition: { reference: string }; use?: { coding: { code: string }[] } }[]
  const [found] = (await one.all('Encounter')) as unknown as { diagnosis?: Listed }[]
  const [claim] = (await one.all('Claim')) as unknown as { diagnosis?: { diagnosisReference: { reference: string } }[] }[]
  const role = ({ use }: Listed[number]): string =>
    use === undefined || use.coding[0]?.code === 'billing' ? '' : ` ${use.coding[0]?.code}`
  return {
    standing: conditions.flatMap(({ code, verificationStatus }) => (isVoid(verificationStatus) ? [] : (code.coding[0]?.code ?? ''))).sort(),
    listed: (found?.diagnosis ?? []).map((one_) => `${codes.get(one_.condition.reference)}${role(one_)}`).sort(),
    claimed: (claim?.diagnosis ?? []).map(({ diagnosisReference }) => codes.get(diagnosisReference.reference) ?? '').sort(),
  }
}

const CASES: [string, () => Json[], Awaited<ReturnType<typeof outcome>>][] = [
  [
    'of an outpatient visit',
    () => [visit('09:00', { [COLD]: '1', [DIABETES]: '1' }), visit('10:00', { [COLD]: '0', [DIABETES]: '1' })],
    { standing: [DIABETES], listed: [DIABETES], claimed: [] },
  ],
  ['the only one', () => [visit('09:00', { [COLD]: '1' }), visit('10:00', { [COLD]: '0' })], { standing: [], listed: [], claimed: [] }],
  [
    'said again',
    () => [visit('09:00', { [COLD]: '1', [DIABETES]: '1' }), visit('10:00', { [COLD]: '0' }), visit('11:00', { [COLD]: '1' })],
    { standing: [DIABETES, COLD], listed: [DIABETES, COLD], claimed: [] },
  ],
  [
    'of a stay, whatever it was in it',
    () => [
      admission('09:00', { [COLD]: '1', [DIABETES]: '1' }),
      discharge('12:00', { [COLD]: '1', [DIABETES]: '1' }),
      discharge('13:00', { [COLD]: '0', [DIABETES]: '1' }),
    ],
    { standing: [DIABETES], listed: [`${DIABETES} AD`, `${DIABETES} DD`], claimed: [] },
  ],
  [
    'of a settlement list and its claim',
    () => [list('13:00', { [COLD]: '1', [DIABETES]: '1' }), list('14:00', { [COLD]: '0', [DIABETES]: '1' })],
    { standing: [DIABETES], listed: [`${DIABETES} DD`], claimed: [DIABETES] },
  ],
  [
    'all of a settlement list',
    () => [list('13:00', { [COLD]: '1' }), list('14:00', { [COLD]: '0' })],
    { standing: [], listed: [], claimed: [] },
  ],
  [
    'of a settlement list and its claim, by another message',
    () => [list('13:00', { [COLD]: '1', [DIABETES]: '1' }), discharge('14:00', { [COLD]: '0', [DIABETES]: '1' })],
    { standing: [DIABETES], listed: [`${DIABETES} DD`], claimed: [DIABETES] },
  ],
  [
    'all of them, by two others',
    () => [list('13:00', { [COLD]: '1', [DIABETES]: '1' }), visit('14:00', { [COLD]: '0' }), admission('15:00', { [DIABETES]: '0' })],
    { standing: [], listed: [], claimed: [] },
  ],
  [
    'by another message, and the next list says it again',
    () => [list('13:00', { [COLD]: '1', [DIABETES]: '1' }), discharge('14:00', { [COLD]: '0' }), list('15:00', { [COLD]: '1' })],
    { standing: [DIABETES, COLD], listed: [`${DIABETES} DD`, `${COLD} DD`], claimed: [COLD] },
  ],
  [
    'before the list says it',
    () => [visit('12:00', { [COLD]: '0' }), list('13:00', { [COLD]: '1', [DIABETES]: '1' })],
    { standing: [DIABETES, COLD], listed: [`${DIABETES} DD`, `${COLD} DD`], claimed: [DIABETES, COLD] },
  ],
]

test.each(CASES)('%s: in every order', async (_, messages, expected) => {
  const all = messages()
  for (const order of permutations(all.length)) {
    await one.wipe()
    for (const at of order) expect((await one.send('miis', all[at])).counts.quarantined).toBe(0)
    expect({ order, ...(await outcome()) }).toEqual({ order, ...expected })
  }
})

test.each(CASES)('%s: told all at once', async (_, messages, expected) => {
  await Promise.all(messages().map((each) => one.send('miis', each)))
  expect(await outcome()).toEqual(expected)
})
