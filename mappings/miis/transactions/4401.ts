/**
 * 4401, the full home page of a stay: the person, the stay with its diagnoses, operations and intensive care, blood groups, tests,
 * allergies, money by classes, and the document C0032 that holds them together. `vali_flag` 0 takes the page back, not the stay.
 */
import { referTo } from '../../engine/keys.ts'
import type { KeyReference } from '../../engine/types.ts'
import type { MiisObject } from '../../parsers/miis-json.ts'
import { bloodGroup, type BloodGroupRow } from '../blood-group.ts'
import { condition, type DiseInfo, diagnosisKey } from '../condition.ts'
import { list, listOf, nodeOf, text } from '../envelope.ts'
import { addFees } from '../home-page-fees.ts'
import { HOME_PAGE_ICU, noteIcu } from '../icu-stay.ts'
import {
  type AllergyRow,
  drugAllergy,
  HOME_PAGE,
  type HomePageDiagnosis,
  type HomePageRow,
  homePageStay,
  SCREENINGS,
  screening,
  type ScreeningRow,
} from '../medical-home-page.ts'
import type { Person } from '../patient.ts'
import { personOf } from '../persons.ts'
import { documentMapping, type DocumentRow } from '../record-document.ts'
import { surgery, type SurgeryRow } from '../surgery.ts'
import { addPerson, naming, type Transaction, type TransactionInput, withSite } from '../transaction.ts'

const homePage = documentMapping(HOME_PAGE, 'miis/4401')

export const medicalHomePage: Transaction = {
  infno: '4401',
  fill: (input) => {
    const { request, record, requestedAt: statedAt } = input
    const { node: info, path } = nodeOf(request, 'input', 'baseinfo')
    const at = naming(info, path)
    addPerson(input, personOfHomePage(info), info, path, statedAt)
    const diagnoses = addDiagnoses(input, info)
    const operations = addOperations(input, info)
    const row: HomePageRow = { ...withSite<HomePageRow>(info, request), diagnoses, icuStays: list(request, 'input', 'icuinfo') }
    record.run(homePageStay, row, { statedAt, at })
    noteIcu(record, listOf(request, 'input', 'icuinfo'), HOME_PAGE_ICU)
    const { diagnoses: _, icuStays: __, ...visit } = row
    const allergies = addFindings(input, info, at)
    const money = addFees(record, info, visit, { statedAt, at })
    const entries: Record<string, KeyReference[]> = {
      '11535-2': diagnoses.map((one) => one.condition),
      '48765-2': allergies,
      '47519-4': operations,
      '48768-6': money.map((key) => referTo(key)),
    }
    record.run(homePage, { ...withSite<DocumentRow>(info, request), entries }, { statedAt, at })
    record.noteRead(
      ...['vali_flag', 'mdtrt_sn', 'mdtrt_id', 'resd_addr_prov', 'resd_addr_city', 'resd_addr_coty', 'adm_caty', 'medins_orgcode'].map(at),
    )
  },
}

/** Fields of the page that say who the patient is; its marital status is the first digit of the national code. */
function personOfHomePage(info: MiisObject): Person {
  const person = personOf(info)
  const fields = [
    'ntly',
    'curr_addr',
    'curr_addr_poscode',
    'coner_name',
    'coner_tel',
    'coner_addr',
    'prfs',
    'birplc',
    'napl',
    'psn_tel',
    'resd_addr_poscode',
    'mrg_name',
  ] as const
  for (const field of fields) {
    const value = text(info, field)
    if (value !== undefined) person[field] = value
  }
  const married = text(info, 'mrg_stas')
  const registered = text(info, 'resd_addr') ?? addressOf(info)
  const certificate = text(info, 'certno')
  const relation = text(info, 'coner_rlts_code')
  return {
    ...person,
    ...(married && { mrg_stas: /^\d$/.test(married) ? `${married}0` : married }),
    ...(registered && { resd_addr: registered }),
    ...(relation && { patn_rlts: relation }),
    // The page has no kind of certificate: what is an identity number says so itself.
    ...(certificate &&
      person.certno === undefined &&
      /^\d{15}(?:\d{2}[\dXx])?$/.test(certificate) && { cert_type: '01', certno: certificate }),
  }
}

const ADDRESS = ['resd_addr_prov', 'resd_addr_city', 'resd_addr_coty', 'resd_addr_subd', 'resd_addr_vil', 'resd_addr_housnum']
const addressOf = (info: MiisObject): string | undefined => ADDRESS.map((field) => text(info, field) ?? '').join('') || undefined

function visitNumbers(info: MiisObject): { mdtrt_id?: string; mdtrt_sn?: string } {
  const [insured, own] = [text(info, 'mdtrt_id'), text(info, 'mdtrt_sn')]
  return { ...(insured && { mdtrt_id: insured }), ...(own && { mdtrt_sn: own }) }
}

function addDiagnoses({ request, record, context, requestedAt: statedAt }: TransactionInput, info: MiisObject): HomePageDiagnosis[] {
  const visit = visitNumbers(info)
  return listOf(request, 'input', 'diseinfo').flatMap(({ node, path }) => {
    const at = naming(node, path)
    const sent = withSite<DiseInfo & Record<string, string | undefined>>(node, request)
    const condition_ = sent.adm_dise_cond_code ?? sent.adm_cond_code
    const { adm_cond: _, ...rest } = sent
    const row: DiseInfo = { ...rest, ...visit, ...(condition_ && { adm_cond_type: condition_ }) }
    const names: Record<string, string> = { adm_cond_type: sent.adm_dise_cond_code === undefined ? 'adm_cond_code' : 'adm_dise_cond_code' }
    record.run(condition, row, { statedAt, at: (field) => at(names[field] ?? field) })
    record.noteRead(
      ...[
        'maindiag_flag',
        'mdtrt_id',
        'mdtrt_sn',
        'ipt_patn_disediag_type_code',
        'disediag_type',
        'adm_dise_cond_name',
        'adm_cond_code',
      ].map(at),
    )
    const key = row.vali_flag === '0' ? undefined : diagnosisKey(row, context)
    return key ? [{ condition: referTo(key), main: row.maindiag_flag === '1', ...(condition_ && { admissionCondition: condition_ }) }] : []
  })
}

function addOperations({ request, record, requestedAt: statedAt }: TransactionInput, info: MiisObject): KeyReference[] {
  const visit = visitNumbers(info)
  return listOf(request, 'input', 'oprninfo').flatMap(({ node, path }) => {
    const row: SurgeryRow = { ...withSite<SurgeryRow>(node, request), ...visit }
    const at = naming(node, path)
    const key = record.run(surgery, row, { statedAt, at })
    record.noteRead(...['mdtrt_id', 'mdtrt_sn', 'main_oprn_flag', 'oprn_oprt_sn', 'oprn_lv_name'].map(at))
    return key && key !== 'patient' && row.vali_flag !== '0' ? [referTo(key)] : []
  })
}

/** @returns allergies, of which the document tells */
function addFindings(
  { request, record, requestedAt: statedAt }: TransactionInput,
  info: MiisObject,
  at: (field: string) => string,
): KeyReference[] {
  for (const kind of ['abo', 'rh'] as const) {
    const [code, name] = [text(info, `${kind}_code`), text(info, `${kind}_name`)]
    const row: BloodGroupRow = {
      ...withSite<BloodGroupRow>(info, request),
      kind,
      ...(code && { code }),
      ...(name && { name }),
    }
    const names: Record<string, string> = { code: `${kind}_code`, name: `${kind}_name` }
    record.run(bloodGroup, row, { statedAt, at: (field) => at(names[field] ?? field), offer: false })
    record.noteRead(at(`${kind}_code`), at(`${kind}_name`))
  }
  for (const one of SCREENINGS) {
    const result = text(info, one.field)
    const row: ScreeningRow = { ...withSite<ScreeningRow>(info, request), screening: one, ...(result && { result }) }
    record.run(screening, row, { statedAt, at: (field) => at(field === 'result' ? one.field : field), offer: false })
    record.noteRead(at(one.field))
  }
  const key = record.run(drugAllergy, withSite<AllergyRow>(info, request), { statedAt, at })
  return key === undefined || key === 'patient' || text(info, 'vali_flag') === '0' ? [] : [referTo(key)]
}
