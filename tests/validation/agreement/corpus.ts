/** What both validators are asked about: the official examples, this project's own valid and invalid ones, and mutants of the former. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { FhirResource } from '../../../server/fhir/types.ts'
import type { ProfileCases } from '../../profiles/cases/case.ts'
import { exampleFiles, exampleText, LARGE } from '../official-examples.ts'
import { mutantsOf } from './mutants.ts'
import { SEEDED } from './seeds.ts'

export interface Asked {
  /** file, or name of a case or mutant: the key of the verdicts */
  name: string
  group: 'official' | 'definition' | 'own' | 'mutant' | 'seed'
  text: string
}

const DEFINITION = /^(?:StructureDefinition|SearchParameter|ValueSet|CodeSystem|ConceptMap|OperationDefinition|NamingSystem)-/
/** Mutants are made of examples that are small enough to be read by a person. */
const MUTANT_CHARACTERS_MAX = 20_000
const MUTANTS_EACH = 3

export function officialExamples(): Asked[] {
  const files = exampleFiles().filter((file) => !LARGE.test(file))
  return files.map((file) => ({ name: file, group: DEFINITION.test(file) ? 'definition' : 'official', text: exampleText(file) }))
}

export function mutants(): Asked[] {
  const small = officialExamples().filter(({ group, text }) => group === 'official' && text.length < MUTANT_CHARACTERS_MAX)
  return small.flatMap(({ name, text }) =>
    mutantsOf(name, JSON.parse(text) as object, MUTANTS_EACH).map((each) => ({
      name: each.name,
      group: 'mutant' as const,
      text: JSON.stringify(each.resource),
    })),
  )
}

const CASES = join(import.meta.dirname, '..', '..', 'profiles', 'cases')

/** Cases of all profiles, whatever files they stand in. */
export async function ownExamples(): Promise<Asked[]> {
  const files = readdirSync(CASES).filter((file) => /^[a-z-]+\.ts$/.test(file))
  const modules = await Promise.all(files.sort().map((file) => import(join(CASES, file)) as Promise<Record<string, unknown>>))
  return numbered(modules.flatMap((each) => Object.values(each).filter(isCases)).flatMap(ownOf))
}

/** A profile may have cases in several files: the second of a name is told apart by a number. */
function numbered(all: Asked[]): Asked[] {
  const seen = new Map<string, number>()
  return all.map((each) => {
    const count = (seen.get(each.name) ?? 0) + 1
    seen.set(each.name, count)
    return count === 1 ? each : { ...each, name: `${each.name} (${count})` }
  })
}

const isCases = (value: unknown): value is ProfileCases =>
  value !== null && typeof value === 'object' && 'valid' in value && 'broken' in value && 'id' in value

function ownOf({ id, valid, broken }: ProfileCases): Asked[] {
  const made: Asked[] = [{ name: id, group: 'own', text: JSON.stringify(valid) }]
  for (const [what, change] of broken) {
    const resource = structuredClone(valid)
    change(resource)
    made.push({ name: `${id}: ${what}`, group: 'own', text: JSON.stringify(resource) })
  }
  return made
}

export const seeds = (): Asked[] =>
  SEEDED.map(({ name, resource }) => ({ name, group: 'seed', text: JSON.stringify(resource satisfies FhirResource) }))

export const corpus = async (): Promise<Asked[]> => [...officialExamples(), ...(await ownExamples()), ...seeds(), ...mutants()]
