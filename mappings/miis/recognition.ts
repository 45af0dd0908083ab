/** Reports as the interface tells of them (5401, 5402), made of resources in the form in which the asker sees them. */
import { BASE } from '../../server/fhir/canonical.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import type { Institutions } from '../engine/types.ts'
import { Decimal } from '../engine/values/decimal.ts'
import { miisDate } from './miis-time.ts'
import { table } from '../engine/values/table.ts'

type Element = Record<string, unknown>
const list = (value: unknown): Element[] => (Array.isArray(value) ? (value as Element[]) : [])
const one = (value: unknown): Element => (typeof value === 'object' && value !== null ? (value as Element) : {})
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** Systems of the numbers that hospitals give to reports: `{base}/sid/{organisation}/lab-report-no`. */
const REPORT_NO = new RegExp(`^${BASE.replace(/[.]/g, '\\.')}/sid/([^/]+)/(lab-report-no|exam-report-no|pathology-no)$`)

/** Kinds of those systems, for whoever looks for a report by its number. */
export const REPORT_NUMBERS = ['lab-report-no', 'exam-report-no', 'pathology-no'] as const

interface ReportNo {
  number: string
  organization: string
}

/** @param scopes organisations whose number it may be; absent: any */
function reportNo(report: Element, scopes: readonly string[] | undefined): ReportNo | undefined {
  for (const { system, value } of list(report.identifier)) {
    const organization = REPORT_NO.exec(textOf(system) ?? '')?.[1]
    const number = textOf(value)
    if (organization === undefined || number === undefined) continue
    if (scopes === undefined || scopes.includes(organization)) return { number, organization }
  }
  return undefined
}

const isLaboratory = (report: Element): boolean =>
  list(report.category).some(({ coding }) => list(coding).some(({ code }) => code === 'LAB'))

/** 1 examination, 2 laboratory */
const typeCode = (report: Element): string => (isLaboratory(report) ? '2' : '1')

const nameOf = (concept: unknown): string | undefined => textOf(one(concept).text) ?? textOf(list(one(concept).coding)[0]?.display)

function extension(report: Element, name: string): unknown {
  return list(report.extension).find(({ url }) => url === `${BASE}/StructureDefinition/${name}`)?.valueBoolean
}

const flag = (value: unknown): string | undefined => (typeof value === 'boolean' ? (value ? '1' : '0') : undefined)

/** Whether something is out of the ordinary: the report says so by a code, or its results do. */
function abnormal(report: Element, results: readonly Element[]): string | undefined {
  const said = list(report.conclusionCode).flatMap(({ coding }) => list(coding).map(({ code }) => code))
  if (said.includes('1') || said.includes('2')) return '1'
  const flags = results.flatMap(({ interpretation }) => list(interpretation).flatMap(({ coding }) => list(coding).map(({ code }) => code)))
  if (flags.some((code) => code !== 'N' && code !== 'NEG')) return '1'
  return said.includes('0') || flags.length > 0 ? '0' : undefined
}

const only = (fields: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined))

/** Statuses of what does not hold: a report or result that never was, or was taken back. */
export const VOID_STATUSES: readonly string[] = ['entered-in-error', 'cancelled']

const reportsIn = (found: readonly FhirResource[]): Element[] => found.filter(({ resourceType }) => resourceType === 'DiagnosticReport')
const resultsOf = (report: Element, found: readonly FhirResource[]): Element[] => {
  const named = new Set(list(report.result).map(({ reference }) => reference))
  return (found as readonly Element[]).filter(
    ({ resourceType, id, status }) =>
      resourceType === 'Observation' && named.has(`Observation/${id}`) && !VOID_STATUSES.includes(String(status)),
  )
}

/** 5401: reports with a number, of one institution where one is asked for. */
export function foundReports(
  psnNo: string,
  found: readonly FhirResource[],
  { codeOf, scopesOf }: Institutions,
  institution: string | undefined,
): object {
  const scopes = institution === undefined ? undefined : scopesOf(institution)
  const bilgiteminfo = reportsIn(found).flatMap((report) => {
    const no = reportNo(report, scopes)
    if (!no) return []
    return [
      only({
        psn_no: psnNo,
        rpotc_no: no.number,
        rpt_date: miisDate(report.issued) ?? miisDate(report.effectiveDateTime),
        rpotc_type_code: typeCode(report),
        fixmedins_code: codeOf(no.organization),
        exam_rpotc_name: nameOf(report.code),
        exam_rslt_poit_flag: flag(extension(report, 'cn-positive-finding')),
        exam_rslt_abn: abnormal(report, resultsOf(report, found)),
        // so spelled in the interface
        examCcls: textOf(report.conclusion),
      }),
    ]
  })
  return { bilgiteminfo }
}

/** 5402: a report and, of a laboratory, its results; nothing where there is none, or none for this asker. */
export function reportDetails(psnNo: string, number: string, found: readonly FhirResource[]): object {
  const output = { checkreportdetails: [] as object[], inspectionreportinformation: [] as object[], inspectiondetails: [] as object[] }
  for (const report of reportsIn(found)) {
    const doctor = textOf(list(report.resultsInterpreter)[0]?.display)
    const date = miisDate(report.issued) ?? miisDate(report.effectiveDateTime)
    const results = resultsOf(report, found)
    if (isLaboratory(report)) {
      const item = list(one(report.code).coding)[0]
      output.inspectionreportinformation.push(
        only({
          psn_no: psnNo,
          rpotc_no: number,
          exam_item_code: textOf(item?.code),
          exam_item_name: nameOf(report.code),
          rpt_date: date,
          rpot_doc: doctor,
        }),
      )
      output.inspectiondetails.push(...results.map((result) => detail(number, result)))
    } else {
      output.checkreportdetails.push(
        only({
          psn_no: psnNo,
          rpotc_no: number,
          rpt_date: date,
          rpotc_type_code: typeCode(report),
          exam_rpotc_name: nameOf(report.code),
          exam_rslt_poit_flag: flag(extension(report, 'cn-positive-finding')),
          exam_rslt_abn: abnormal(report, results),
          exam_ccls: textOf(report.conclusion),
          bilgDrName: doctor,
        }),
      )
    }
  }
  return output
}

const ARROWS: Record<string, string> = table({ H: '↑', HH: '↑↑', L: '↓', LL: '↓↓', N: '0', NEG: '0' })

const digitsOf = (value: unknown): string | undefined =>
  value instanceof Decimal ? value.text : typeof value === 'number' ? String(value) : undefined

/** A quantity without its unit; `<` before it is part of what it says. */
function amountOf(quantity: Element): string | undefined {
  const digits = digitsOf(quantity.value)
  return digits === undefined ? undefined : `${textOf(quantity.comparator) ?? ''}${digits}`
}

/** Unit of a number, or of the range between two. */
function unitOf({ valueQuantity, valueRange }: Element): string | undefined {
  const measured = [one(valueQuantity), one(one(valueRange).low), one(one(valueRange).high)]
  return measured.map(({ unit, code }) => textOf(unit) ?? textOf(code)).find((unit) => unit !== undefined)
}

/** From one number to another; one of them may be open. */
function spanOf(range: unknown): string | undefined {
  const [low, high] = [one(one(range).low), one(one(range).high)].map(amountOf)
  return low === undefined && high === undefined ? undefined : `${low ?? ''}-${high ?? ''}`
}

/** What is no single number: words, a name or code, a titre, a range, a day or hour. */
function wordsOf(result: Element): string | undefined {
  const { valueBoolean } = result
  const of = (value: unknown, ...names: [string, string]): (string | undefined)[] => names.map((name) => amountOf(one(one(value)[name])))
  const [numerator, denominator] = of(result.valueRatio, 'numerator', 'denominator')
  return (
    textOf(result.valueString) ??
    nameOf(result.valueCodeableConcept) ??
    textOf(list(one(result.valueCodeableConcept).coding)[0]?.code) ??
    textOf(result.valueDateTime) ??
    textOf(result.valueTime) ??
    (typeof valueBoolean === 'boolean' ? (valueBoolean ? '是' : '否') : undefined) ??
    (numerator !== undefined && denominator !== undefined ? `${numerator}:${denominator}` : undefined) ??
    spanOf(result.valueRange)
  )
}

function detail(number: string, result: Element): object {
  const flags = list(result.interpretation)[0]
  const coded = textOf(list(flags?.coding)[0]?.code)
  const codings = list(one(result.code).coding)
  const own = codings.find(({ system }) => textOf(system)?.startsWith(`${BASE}/sid/`)) ?? codings[0]
  return only({
    rpotc_no: number,
    exam_mtd: textOf(one(result.method).text),
    ref_val: textOf(list(result.referenceRange)[0]?.text) ?? spanOf(list(result.referenceRange)[0]),
    exam_unt: unitOf(result),
    exam_rslt_val: amountOf(one(result.valueQuantity)) ?? digitsOf(result.valueInteger),
    exam_rslt_qual: wordsOf(result),
    exam_item_detl_code: textOf(own?.code),
    exam_item_detl_name: nameOf(result.code),
    exam_rslt_abn: coded === undefined ? textOf(flags?.text) : (ARROWS[coded] ?? '1'),
  })
}
