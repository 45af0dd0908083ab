/** Labels of one resource from its own content: sensitivity, notifiable disease, insurance, kind of document. Pure. */
import { BASE, NATIONAL } from '../fhir/canonical.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { Scan, ScannedCoding } from './scan.ts'
import { isLabel, type LabelRules, SENSITIVITY, withImplied } from './sensitivity.ts'

export interface OwnLabels {
  labels: string[]
  notifiable: boolean
  insured: boolean
  fromInsurance: boolean
  docType: string
}

export function ownLabels(resource: FhirResource, scan: Scan): OwnLabels {
  const icd = scan.codings.filter(isIcd10).map(({ code }) => code.toUpperCase())
  const found = Object.entries(SENSITIVITY.labels).flatMap(([label, rules]) => (hits(label, rules, resource, scan, icd) ? [label] : []))
  return {
    labels: [...new Set([...found, ...statedLabels(resource)])].sort(),
    notifiable: icd.some((code) => SENSITIVITY.notifiableIcd10.some((prefix) => code.startsWith(prefix))),
    insured: isInsured(resource, scan),
    fromInsurance: isFromInsurance(resource),
    docType: docTypeOf(resource),
  }
}

/** A sender may add labels, never remove those that are derived (access.md L57). */
function statedLabels(resource: FhirResource): string[] {
  const stated = (resource.meta?.security ?? []).flatMap(({ code }) => (code !== undefined && isLabel(code) ? withImplied(code) : []))
  if (resource.resourceType !== 'Consent') return stated
  return [...stated, ...namedInProvisions(resource.provision)]
}

/** A Consent that names HIV tells that there is something to hide (access.md L43). */
function namedInProvisions(provision: unknown): string[] {
  if (provision === null || typeof provision !== 'object') return []
  const { securityLabel, provision: nested } = provision as { securityLabel?: { code?: string }[]; provision?: unknown[] }
  const own = Array.isArray(securityLabel)
    ? securityLabel.flatMap(({ code }) => (code !== undefined && isLabel(code) ? withImplied(code) : []))
    : []
  return [...own, ...(Array.isArray(nested) ? nested.flatMap(namedInProvisions) : [])]
}

const ICD_FORM = /^[A-Z]\d[0-9A-Z]/i
const startsWithAny = (text: string, prefixes: readonly string[] | undefined): boolean =>
  prefixes?.some((prefix) => text.startsWith(prefix)) ?? false

/** Codings of ICD-10 itself, and codes of its form in tables that nobody has mapped yet where a diagnosis stands. */
function isIcd10({ system, code, path }: ScannedCoding): boolean {
  if (startsWithAny(system, SENSITIVITY.systems.icd10)) return true
  if (!ICD_FORM.test(code) || system.startsWith('http://loinc.org') || system.startsWith('http://terminology.hl7.org/')) return false
  return system === '' || /icd|diagnos/i.test(system) || /^(?:code|reasonCode|diagnosis|conclusionCode|indication)\b/.test(path)
}

function hits(label: string, rules: LabelRules, resource: FhirResource, scan: Scan, icd: readonly string[]): boolean {
  if (rules.types?.includes(resource.resourceType)) return true
  if (icd.some((code) => startsWithAny(code, rules.icd10))) return true
  if (scan.codings.some((coding) => isTestOrDrug(coding, rules))) return true
  return hasWord(rules.words, scan) || isOfDepartment(label, rules, scan)
}

function isTestOrDrug({ system, code }: ScannedCoding, rules: LabelRules): boolean {
  if (startsWithAny(system, SENSITIVITY.systems.loinc)) return rules.loinc?.includes(code) ?? false
  if (startsWithAny(system, SENSITIVITY.systems.atc)) return startsWithAny(code, rules.atc)
  return false
}

function hasWord(words: readonly string[] | undefined, scan: Scan): boolean {
  if (!words) return false
  const says = (text: string) => text !== '' && words.some((word) => text.toUpperCase().includes(word.toUpperCase()))
  return scan.codings.some(({ display }) => says(display)) || scan.words.some(({ text }) => says(text))
}

const DEPARTMENT_PATH = /(?:serviceType|specialty|practiceSetting|performerType)/

function isOfDepartment(label: string, rules: LabelRules, scan: Scan): boolean {
  const prefixes = SENSITIVITY.departmentCodes[label]
  if (prefixes && scan.codings.some(({ path, code }) => DEPARTMENT_PATH.test(path) && startsWithAny(code, prefixes))) return true
  const names = rules.departments
  if (!names) return false
  const is = (text: string) => names.some((name) => text.includes(name))
  return scan.words.some(({ text }) => is(text)) || scan.codings.some(({ path, display }) => DEPARTMENT_PATH.test(path) && is(display))
}

const MONEY = new Set([
  'Coverage',
  'Claim',
  'ClaimResponse',
  'ExplanationOfBenefit',
  'CoverageEligibilityRequest',
  'CoverageEligibilityResponse',
])
const INSURANCE_NUMBERS: readonly string[] = [NATIONAL.mdtrtId, NATIONAL.setlId, NATIONAL.psnNo]

function isInsured(resource: FhirResource, scan: Scan): boolean {
  if (MONEY.has(resource.resourceType) || isFromInsurance(resource)) return true
  return scan.identifierSystems.some((system) => INSURANCE_NUMBERS.includes(system))
}

const isFromInsurance = (resource: FhirResource): boolean => {
  const source = resource.meta?.source ?? ''
  return source.startsWith(`${BASE}/source/miis`) || /\/(?:source\/)?miis(?:\/|#|$)/.test(source)
}

const DOCUMENTS = new Set(['Composition', 'DocumentReference', 'DocumentManifest'])

function docTypeOf(resource: FhirResource): string {
  if (!DOCUMENTS.has(resource.resourceType)) return ''
  const codings = (resource.type as { coding?: { system?: string; code?: string }[] } | undefined)?.coding ?? []
  const national = codings.find(({ system, code }) => system === SENSITIVITY.documentTypes.system || /^C00\d\d$/.test(code ?? ''))
  return national?.code ?? ''
}
