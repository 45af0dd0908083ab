/**
 * 4701, the electronic medical record of a stay: admission record (with vital signs and diagnoses), course, operations, rescues, death and
 * discharge, each a document of its own. Only `adminfo` names the person and the stay; the other nodes belong to it.
 */
import type { Mapping } from '../../engine/mapping.ts'
import { referTo } from '../../engine/keys.ts'
import type { KeyReference } from '../../engine/types.ts'
import type { MiisObject } from '../../parsers/miis-json.ts'
import { listOf, type Named, nodeOf, text } from '../envelope.ts'
import { personOf } from '../persons.ts'
import { recordDiagnoses } from '../record-diagnoses.ts'
import { type DocumentKind, documentMapping, type DocumentRow } from '../record-document.ts'
import { ADMISSION, DEATH, DISCHARGE, FIRST_COURSE, OPERATION, RESCUE } from '../record-documents.ts'
import { surgery, type SurgeryRow } from '../surgery.ts'
import { addPerson, naming, type Transaction, type TransactionInput, withSite } from '../transaction.ts'
import { addVitalSigns } from '../vital-signs.ts'

interface Node {
  name: string
  kind: DocumentKind
  map: Mapping<DocumentRow>
  /** what tells documents of one kind of a stay apart, the first that is filled; none: a stay has one */
  numbers: readonly string[]
}

const nodeKind = (name: string, kind: DocumentKind, ...numbers: string[]): Node => ({
  name,
  kind,
  map: documentMapping(kind, `miis/4701/${name}`),
  numbers,
})

const NODES: readonly Node[] = [
  nodeKind('adminfo', ADMISSION),
  nodeKind('coursrinfo', FIRST_COURSE, 'rcd_time'),
  nodeKind('oprninfo', OPERATION, 'oprn_seq', 'oprn_appy_id'),
  nodeKind('rescinfo', RESCUE, 'resc_begntime'),
  nodeKind('dieinfo', DEATH),
  nodeKind('dscginfo', DISCHARGE),
]

interface Stay {
  mdtrt_sn?: string
  mdtrt_id?: string
  vali_flag?: string
}

type Entries = Readonly<Record<string, readonly KeyReference[]>>

export const medicalRecord: Transaction = {
  infno: '4701',
  fill: (input) => {
    const { request, record, requestedAt: statedAt } = input
    const { node: info, path } = nodeOf(request, 'input', 'adminfo')
    const died = text(nodeOf(request, 'input', 'dieinfo').node, 'die_time')
    const name = text(info, 'name')
    addPerson(input, { ...personOf(info), ...(name && { psn_name: name }), ...(died && { die_date: died }) }, info, path, statedAt)
    record.noteRead(...['mdtrt_sn', 'mdtrtsn', 'adm_rec_no', 'psn_adm_no', 'vali_flag'].map((field) => `${path}.${field}`))
    const stay = only({ mdtrt_sn: text(info, 'mdtrt_sn'), mdtrt_id: text(info, 'mdtrt_id') })
    const entries: Record<string, Entries> = {
      adminfo: {
        '8716-3': admissionSigns(input, info, path, stay),
        '29548-5': recordDiagnoses(input, stay, { code: 'wm_diag_code', name: 'wm_diag_name' }),
      },
    }
    for (const node of NODES)
      for (const one of listOf(request, 'input', node.name)) addDocument(input, node, one, stay, entries[node.name] ?? {})
  },
}

const only = (stay: { [K in keyof Stay]: string | undefined }): Stay =>
  Object.fromEntries(Object.entries(stay).filter(([, value]) => value !== undefined))

function addDocument(input: TransactionInput, { name, map, numbers }: Node, { node, path }: Named, stay: Stay, entries: Entries): void {
  const { request, record, requestedAt: statedAt } = input
  const at = naming(node, path)
  const own = numbers.map((field) => text(node, field)).find((value) => value !== undefined)
  const row = withSite<DocumentRow>(node, request)
  const operations = name === 'oprninfo' ? addOperation(input, row, stay, at) : {}
  record.run(
    map,
    { ...row, ...stay, ...(own !== undefined && { number: own.replace(/[^0-9A-Za-z]/g, '') }), entries: { ...entries, ...operations } },
    { statedAt, at },
  )
  record.noteRead(at('number'), at('mdtrt_sn'), at('mdtrt_id'), ...numbers.map(at))
}

function addOperation(
  { record, requestedAt: statedAt }: TransactionInput,
  row: object,
  stay: Stay,
  at: (field: string) => string,
): Entries {
  const key = record.run(surgery, { ...row, ...stay } as SurgeryRow, { statedAt, at })
  return key && key !== 'patient' ? { '47519-4': [referTo(key)] } : {}
}

/** Fields of the examination on admission. */
const SIGNS = {
  temperature: 'physexm_tprt',
  pulse: 'physexm_pule',
  respiration: 'physexm_vent_frqu',
  systolic: 'physexm_systolic_pre',
  diastolic: 'physexm_dstl_pre',
  height: 'physexm_height',
  weight: 'physexm_wt',
} as const

function admissionSigns(
  { request, record, requestedAt: statedAt }: TransactionInput,
  info: MiisObject,
  path: string,
  stay: Stay,
): KeyReference[] {
  const [evaluated, admitted] = [text(info, 'eval_time'), text(info, 'adm_time')]
  const time = evaluated ?? admitted
  if (time === undefined || text(info, 'vali_flag') === '0') return []
  const { fixmedins_code } = withSite<Stay & { fixmedins_code?: string }>({}, request)
  const names: Record<string, string> = { time: evaluated === undefined ? 'adm_time' : 'eval_time', nurse: 'resp_nurs_name' }
  const nurse = text(info, 'resp_nurs_name')
  const row = { ...stay, time, ...(nurse && { nurse }), ...(fixmedins_code && { fixmedins_code }) }
  const at = (field: string): string => `${path}.${names[field] ?? field}`
  return addVitalSigns(record, info, SIGNS, row, { statedAt, at }).map((key) => referTo(key))
}
