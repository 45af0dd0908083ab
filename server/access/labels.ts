/** Labels of one resource from its own content: sensitivity, notifiable disease, insurance, kind of document. Pure. */
import { BASE, NATIONAL } from '../fhir/canonical.ts'
import { objectsIn } from '../fhir/objects-in.ts'
import type { FhirResource } from '../fhir/types.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
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
  const codes = { icd, ...testsAndDrugs(scan.codings) }
  const found: string[] = []
  for (const [label, rules] of LABELS) if (hits(rules, resource, codes)) found.push(label)
  return {
    labels: [...new Set([...found, ...labelsByWords(scan), ...statedLabels(resource)])].sort(),
    notifiable: icd.some((code) => SENSITIVITY.notifiableIcd10.some((prefix) => code.startsWith(prefix))),
    insured: isInsured(resource, scan),
    fromInsurance: isFromInsurance(resource),
    docType: docTypeOf(resource),
  }
}

/** A sender may add labels, never remove those that are derived (access.md L57). */
function statedLabels(resource: FhirResource): string[] {
  const stated = labelsIn(resource.meta?.security)
  if (resource.resourceType !== 'Consent') return stated
  return [...stated, ...namedInProvisions(resource.provision)]
}

/** What is no Coding is refused where the content is judged: that may be later. */
const labelsIn = (codings: unknown): string[] =>
  objectsIn(codings).flatMap(({ code }) => (typeof code === 'string' && isLabel(code) ? withImplied(code) : []))

/** A Consent that names HIV tells that there is something to hide (access.md L43). */
function namedInProvisions(provision: unknown): string[] {
  if (provision === null || typeof provision !== 'object') return []
  const { securityLabel, provision: nested } = provision as { securityLabel?: unknown; provision?: unknown }
  return [...labelsIn(securityLabel), ...(Array.isArray(nested) ? nested.flatMap(namedInProvisions) : [])]
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

/** Codes of a resource by what they are of. */
interface Codes {
  icd: readonly string[]
  loinc: readonly string[]
  atc: readonly string[]
}

const LABELS = Object.entries(SENSITIVITY.labels)

function hits(rules: LabelRules, resource: FhirResource, { icd, loinc, atc }: Codes): boolean {
  if (rules.types?.includes(resource.resourceType)) return true
  if (icd.length > 0 && icd.some((code) => startsWithAny(code, rules.icd10))) return true
  if (loinc.length > 0 && loinc.some((code) => rules.loinc?.includes(code))) return true
  return atc.length > 0 && atc.some((code) => startsWithAny(code, rules.atc))
}

function testsAndDrugs(codings: readonly ScannedCoding[]): Pick<Codes, 'loinc' | 'atc'> {
  const [loinc, atc]: [string[], string[]] = [[], []]
  for (const { system, code } of codings) {
    if (startsWithAny(system, SENSITIVITY.systems.loinc)) loinc.push(code)
    else if (startsWithAny(system, SENSITIVITY.systems.atc)) atc.push(code)
  }
  return { loinc, atc }
}

const escaped = (word: string): string => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Alternatives from our own table, never from input. Undefined for none. */
const anyOf = (words: readonly string[] | undefined): RegExp | undefined =>
  words && words.length > 0 ? new RegExp(words.map(escaped).join('|'), 'i') : undefined

interface Words {
  words: RegExp | undefined
  departments: RegExp | undefined
}

const WORDS: ReadonlyMap<string, Words> = new Map(
  Object.entries(SENSITIVITY.labels).map(([label, { words, departments }]) => [
    label,
    { words: anyOf(words), departments: anyOf(departments) },
  ]),
)
/** Nearly every resource has none of all these words: one look tells. */
const ANY_WORD = anyOf(Object.values(SENSITIVITY.labels).flatMap(({ words, departments }) => [...(words ?? []), ...(departments ?? [])]))

const DEPARTMENT_PATH = /(?:serviceType|specialty|practiceSetting|performerType)/

/** Labels by the words of codes that nobody mapped, and by departments. */
function labelsByWords(scan: Scan): string[] {
  const found = scan.codings.some(({ display }) => hasWord(display)) || scan.words.some(({ text }) => hasWord(text)) ? byWords(scan) : []
  const departments = scan.codings.filter(({ path }) => DEPARTMENT_PATH.test(path))
  if (departments.length === 0) return found
  const coded = Object.entries(SENSITIVITY.departmentCodes).filter(([, prefixes]) =>
    departments.some(({ code }) => startsWithAny(code, prefixes)),
  )
  return [...found, ...coded.map(([label]) => label)]
}

const worded = new Map<string, boolean>()

/** None of the words runs over a line end, so that each text can be looked at by itself; the same names come again and again. */
function hasWord(text: string): boolean {
  if (text === '') return false
  if (text.length > ACCESS_BOUNDS.wordedCharactersMax) return ANY_WORD?.test(text) === true
  const known = worded.get(text)
  if (known !== undefined) return known
  const made = ANY_WORD?.test(text) === true
  if (worded.size >= ACCESS_BOUNDS.wordedTextsMax) worded.clear()
  worded.set(text, made)
  return made
}

function byWords(scan: Scan): string[] {
  const displays = scan.codings.map(({ display }) => display).join('\n')
  const texts = scan.words.map(({ text }) => text).join('\n')
  const departments = scan.codings.flatMap(({ path, display }) => (DEPARTMENT_PATH.test(path) ? [display] : [])).join('\n')
  return [...WORDS].flatMap(([label, known]) =>
    known.words?.test(`${displays}\n${texts}`) || known.departments?.test(`${departments}\n${texts}`) ? [label] : [],
  )
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

/**
 * What the insurance gave a number to, and money; what belongs to an insured visit inherits it. That the insurance system told of a thing
 * does not make it so: it also tells of visits that it does not pay for (MIIS 4202, 4205), and what hospitals have of those is not its.
 */
function isInsured(resource: FhirResource, scan: Scan): boolean {
  if (MONEY.has(resource.resourceType)) return true
  return scan.identifierSystems.some((system) => INSURANCE_NUMBERS.includes(system))
}

const isFromInsurance = (resource: FhirResource): boolean => {
  const source = resource.meta?.source ?? ''
  return source.startsWith(`${BASE}/source/miis`) || /\/(?:source\/)?miis(?:\/|#|$)/.test(source)
}

const DOCUMENTS = new Set(['Composition', 'DocumentReference', 'DocumentManifest'])

function docTypeOf(resource: FhirResource): string {
  if (!DOCUMENTS.has(resource.resourceType)) return ''
  const codings = objectsIn((resource.type as { coding?: unknown } | null | undefined)?.coding)
  const national = codings.find(({ system, code }) => system === SENSITIVITY.documentTypes.system || /^C00\d\d$/.test(String(code ?? '')))
  return typeof national?.code === 'string' ? national.code : ''
}
