/** What a configuration says of validation: rules that refuse a source's records, and profiles that a site demands. */
import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { ConfigError, configFrom, DEMO_CONFIG_FILE } from '../../server/config/config.ts'
import { KNOWN_RULES } from '../../server/validation/known-rules.ts'

const CN_PATIENT = 'https://fhir-cn.example/StructureDefinition/cn-patient'
const demo = readFileSync(DEMO_CONFIG_FILE, 'utf8')

const load = (validation: object | undefined, profiles?: object) => {
  const source = '  - { id: h1-his, '
  const withSource = validation === undefined ? demo : demo.replace(source, `${source}validation: ${JSON.stringify(validation)}, `)
  return configFrom(`${withSource}\nprofiles: ${JSON.stringify(profiles ?? {})}\n`, {}, { validation: KNOWN_RULES })
}

test('what is right is taken', () => {
  const { sources, profiles } = load(
    { mode: 'strict', pass: ['facts-disagree', 'per-1', 'cn-patient', CN_PATIENT] },
    { Patient: [CN_PATIENT] },
  )
  const { validation } = sources.find(({ id }) => id === 'h1-his') ?? {}
  expect([validation?.strict, validation?.pass.size, validation?.refuse.size]).toEqual([true, 4, 0])
  expect(sources.find(({ id }) => id === 'h1-lis')?.validation.strict).toBe(false)
  expect([...profiles]).toEqual([['Patient', [CN_PATIENT]]])
})

test.each<[string, object | undefined, object | undefined, string, RegExp]>([
  ['neither strict nor lenient', { mode: 'loose' }, undefined, 'sources[0].validation.mode', /lenient, strict/],
  ['a misspelt rule', { refuse: ['bindng'] }, undefined, 'sources[0].validation.refuse[0]', /no code of an issue/],
  ['what strict does not ask', { mode: 'strict', refuse: ['binding'] }, undefined, 'sources[0].validation.refuse', /for lenient only/],
  ['what lenient does not ask', { pass: ['binding'] }, undefined, 'sources[0].validation.pass', /for strict only/],
  ['a profile of no type', undefined, { Pateint: [CN_PATIENT] }, 'profiles.Pateint', /no such resource type/],
  ['a profile of another type', undefined, { Observation: [CN_PATIENT] }, 'profiles.Observation[0]', /of another type/],
  ['a profile that is none', undefined, { Patient: ['urn:x:none'] }, 'profiles.Patient[0]', /no profile/],
  ['a profile with a version', undefined, { Patient: [`${CN_PATIENT}|1`] }, 'profiles.Patient[0]', /without a version/],
  ['profiles that are no list', undefined, { Patient: CN_PATIENT }, 'profiles.Patient', /list|array/],
])('%s is told', (_name, validation, profiles, at, expected) => {
  let problems: ConfigError['problems'] = []
  try {
    load(validation, profiles)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    problems = error.problems
  }
  expect(problems.find((problem) => problem.at === at)?.en).toMatch(expected)
})
