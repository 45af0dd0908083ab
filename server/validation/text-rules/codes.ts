/** Codes of code systems that are known completely, and units of UCUM (R4 datatypes.html#Coding, #Quantity). */
import { createRequire } from 'node:module'
import { UCUM_SYSTEM, ucumUnit } from '../../fhir/ucum.ts'
import type { TextRule } from './rule.ts'

/** Of a Coding or a Quantity: a code that its system does not have. Wherever it stands, nobody can know what it means. */
export const codeRules: TextRule = (coding, { lacks, report }) => {
  const { system, code, version } = coding as { system?: unknown; code?: unknown; version?: unknown }
  if (typeof system !== 'string' || typeof code !== 'string') return
  if (system === UCUM_SYSTEM ? !isUnit(code) : lacks(system, code, typeof version === 'string' ? version : undefined))
    report('code-unknown', system)
}

const UNITS_MAX = 5_000
const UNIT_CHARACTERS_MAX = 100
const units = new Map<string, boolean>()

function isUnit(code: string): boolean {
  const known = units.get(code)
  if (known !== undefined) return known
  // The library prints a code with blanks on the console; no code of UCUM has any.
  const made = code.length <= UNIT_CHARACTERS_MAX && !/\s/.test(code) && (ucumUnit(code) !== undefined || isValid(code))
  if (units.size >= UNITS_MAX) units.clear()
  units.set(code, made)
  return made
}

interface Lhc {
  UcumLhcUtils: { getInstance(): { validateUnitString(code: string): { status: string } } }
}

/** Scales that are combined with other units have no exact base here, but are units all the same. */
function isValid(code: string): boolean {
  const { UcumLhcUtils } = createRequire(import.meta.url)('@lhncbc/ucum-lhc') as Lhc
  return UcumLhcUtils.getInstance().validateUnitString(code).status === 'valid'
}
