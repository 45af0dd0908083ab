/** terminology/sensitivity-rules.json, read once: which labels exist, what they imply, and which rules treat them apart. */
import { readFileSync } from 'node:fs'

export interface LabelRules {
  icd10?: string[]
  icd9cm3?: string[]
  atc?: string[]
  loinc?: string[]
  /** words in the display or text of a code */
  words?: string[]
  /** words or codes of the department that made the resource */
  departments?: string[]
  /** resource types that always carry the label */
  types?: string[]
}

interface SensitivityRules {
  systems: Record<'icd10' | 'atc' | 'loinc', string[]>
  labels: Record<string, LabelRules>
  implies: Record<string, string[]>
  hard: string[]
  level5: string[]
  adolescent: string[]
  restricting: string[]
  notifiableIcd10: string[]
  /** label to code prefixes of the national list of departments */
  departmentCodes: Record<string, string[]>
  documentTypes: { system: string; insurance: string[] }
}

const path = new URL('../../terminology/sensitivity-rules.json', import.meta.url)
export const SENSITIVITY: SensitivityRules = JSON.parse(readFileSync(path, 'utf8')) as SensitivityRules

/** Labels that a consent must name to open (HIV regulations art 39, Mental Health Law). */
export const HARD_LABELS: ReadonlySet<string> = new Set(SENSITIVITY.hard)

/** Level 5 of GB/T 39725 (special diseases). */
export const LEVEL5_LABELS: ReadonlySet<string> = new Set(SENSITIVITY.level5)

/** What an adolescent may keep from his guardian. */
export const ADOLESCENT_LABELS: ReadonlySet<string> = new Set(SENSITIVITY.adolescent)

const SENSITIVE: ReadonlySet<string> = new Set([
  ...Object.keys(SENSITIVITY.labels),
  ...Object.keys(SENSITIVITY.implies),
  ...SENSITIVITY.restricting,
])

/** Is this code of v3-ActCode or v3-Confidentiality one of our labels? */
export const isLabel = (code: string): boolean => SENSITIVE.has(code)

export const isSensitive = (labels: readonly string[]): boolean => labels.some((label) => SENSITIVE.has(label))

export const isHardLabelled = (labels: readonly string[]): boolean => labels.some((label) => HARD_LABELS.has(label))

/** A label with all that it implies (MH is PSY). */
export const withImplied = (label: string): string[] => [label, ...(SENSITIVITY.implies[label] ?? [])]
