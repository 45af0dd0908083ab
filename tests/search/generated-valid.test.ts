/** What the generated searches are asked of is valid for every seed, and still as various as the dice can make it. */
import { expect, test } from '@jest/globals'
import type { FhirResource } from '../../server/fhir/types.ts'
import { createValidator } from '../../server/validation/validator.ts'
import { Dice } from './fhirpath/dice.ts'
import { generated, Maker } from './fhirpath/generated.ts'

const ALL = {
  Organization: 5,
  Practitioner: 5,
  Patient: 15,
  Encounter: 30,
  Condition: 30,
  Observation: 45,
  RiskAssessment: 15,
  ValueSet: 10,
}
const validator = createValidator()
const rulesBrokenBy = (resource: object): string[] =>
  validator
    .validate(resource as FhirResource, { mode: 'update' })
    .filter(({ severity }) => severity === 'error')
    .map(({ rule, expression }) => `${rule} ${expression}`)

test('the server accepts all resources of 15 seeds', () => {
  const base = 'http://x.example/fhir'
  for (let seed = 0; seed < 15; seed++)
    for (const resource of generated({ dice: new Dice(seed), prefix: 'g-', base, counts: ALL }))
      expect([seed, resource.id, rulesBrokenBy(resource)]).toEqual([seed, resource.id, []])
}, 60_000)

const isTime = (text: string): boolean => text.includes('T')
const zone = (time: string) => /(?:Z|[+-]\d\d:\d\d)$/.exec(time)?.[0]

/** Kinds of period that the searches are to meet. */
const KINDS: Record<string, (start: string, end: string) => boolean> = {
  'equal ends': (start, end) => start === end,
  'a date to a time': (start, end) => !isTime(start) && isTime(end),
  'a time to a date': (start, end) => isTime(start) && !isTime(end),
  'an end that the start is in': (start, end) => start.length > end.length && start.startsWith(end),
  'two zones': (start, end) => isTime(start) && isTime(end) && zone(start) !== zone(end),
  'one fraction': (start, end) => isTime(start) && isTime(end) && start.includes('.') !== end.includes('.'),
}

test('none of 10,000 periods ends before it begins (per-1), and there are all kinds', () => {
  const maker = new Maker({ dice: new Dice(1), prefix: '', base: '', counts: {} })
  const met = new Map<string, number>()
  const meet = (kind: string) => met.set(kind, (met.get(kind) ?? 0) + 1)
  for (let at = 0; at < 10_000; at++) {
    const effectivePeriod = maker.period() as { start?: string; end?: string }
    const observation = { resourceType: 'Observation', status: 'final', code: { text: 'x' }, effectivePeriod }
    expect([effectivePeriod, rulesBrokenBy(observation)]).toEqual([effectivePeriod, []])
    const { start, end } = effectivePeriod
    if (start === undefined || end === undefined) meet(start === undefined ? 'no start' : 'no end')
    else for (const [kind, is] of Object.entries(KINDS)) if (is(start, end)) meet(kind)
  }
  for (const kind of ['no start', 'no end', ...Object.keys(KINDS)]) expect([kind, (met.get(kind) ?? 0) > 80]).toEqual([kind, true])
}, 60_000)
