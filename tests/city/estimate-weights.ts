/**
 * `npm run build:link-weights`: the table of weights (server/ingest/likely/weights.data.json) from people whose truth is known. How often two
 * registrations of one person, and of two, are at each level; and where the thresholds have to be for what is asked of them.
 * `-- --check` compares with the committed table and writes nothing.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { compare, LEVELS, type Levels, TRAITS, type Trait } from '../../server/ingest/likely/compare.ts'
import { type Features, featuresOf } from '../../server/ingest/likely/features.ts'
import { judge } from '../../server/ingest/likely/judge.ts'
import { traitsOf } from '../../server/ingest/likely/traits.ts'
import type { Weight, WeightTable } from '../../server/ingest/likely/weights.ts'
import { scoreOf } from '../../server/ingest/likely/weights.ts'
import { blocksOf } from '../../server/ingest/likely/blocks.ts'
import { type Random, randomOf } from '../faults/support/random.ts'
import { peopleOf } from './people.ts'
import { identityOf } from './identity.ts'
import { register, registerNewborn, type Registration } from './registrations.ts'

const FILE = new URL('../../server/ingest/likely/weights.data.json', import.meta.url)
const SEED = 20_260_331
const PEOPLE = 20_000
const STRANGERS = 1_500_000
/** Of all registrations: enough that each level has its pairs. */
const DESK = { slips: 0.12, unnumbered: 0.4 }
/** people in whose registers it is to hold: a large city */
const POPULATION = 10_000_000
/** false links among those made */
const FALSE_LINKS_MAX = 0.0003
/** pairs of one person of which at least a clerk is asked, of those that share a key */
const ASKED_MIN = 0.995
/** no level is more certain than what so many pairs can show */
const SMOOTHING = 0.5

interface Known {
  registration: Registration
  features: Features
  blocks: string[]
}

function registrations(random: Random): Known[] {
  const people = peopleOf(random.fork('people'), PEOPLE)
  return people.flatMap((person) => {
    const all = [0, 1].map(() => register(random, person, DESK).registration)
    if (person.mother) all.push(registerNewborn(person))
    return all.map((registration) => {
      const traits = traitsOf(identityOf(registration))
      return { registration, features: featuresOf(traits), blocks: blocksOf(new Uint8Array(32), traits) }
    })
  })
}

type Counts = Record<Trait, Map<string, number>>
const noCounts = (): Counts => Object.fromEntries(TRAITS.map((trait) => [trait, new Map()])) as unknown as Counts

function count(counts: Counts, levels: Levels): void {
  for (const trait of TRAITS) {
    const level = levels[trait]
    if (level !== undefined) counts[trait].set(level, (counts[trait].get(level) ?? 0) + 1)
  }
}

/** Levels that are too rare among strangers to be met by chance are counted over all pairs, by the values. */
function exactShares(all: readonly Known[]): Partial<Record<Trait, Record<string, number>>> {
  const share = (values: (known: Known) => string[]): number => {
    const groups = new Map<string, Map<number, number>>()
    let said = 0
    for (const known of all) {
      const [value] = values(known)
      if (value === undefined) continue
      said++
      const group = groups.get(value) ?? new Map<number, number>()
      groups.set(value, group.set(known.registration.person, (group.get(known.registration.person) ?? 0) + 1))
    }
    let pairs = 0
    for (const group of groups.values()) {
      const sizes = [...group.values()]
      const size = sizes.reduce((sum, one) => sum + one, 0)
      pairs += size * size - sizes.reduce((sum, one) => sum + one * one, 0)
    }
    return pairs / (said * said)
  }
  const name = (min: number, max: number) =>
    share(({ features: { names } }) => names.filter((one) => [...one].length >= min && [...one].length <= max))
  const named = (all.filter(({ features }) => features.names.length > 0).length / all.length) ** 2
  const sound = share(({ features: { sounds } }) => sounds)
  // Shares among all who say a name, whatever its length.
  const of = (min: number, max: number): number => {
    const fraction =
      all.filter(({ features: { names } }) => names.some((one) => [...one].length >= min && [...one].length <= max)).length / all.length
    return (name(min, max) * fraction ** 2) / named
  }
  const [same, short] = [of(3, 64), of(1, 2)]
  return {
    name: { same, short, sound: Math.max(sound - same - short, 1e-7) },
    birthDate: { same: share(({ features: { births } }) => births) },
    phone: { same: share(({ features: { phones } }) => phones) },
    address: { same: share(({ features: { addresses } }) => addresses.map(({ whole }) => whole)) },
  }
}

function tableOf(all: readonly Known[], random: Random): WeightTable['weights'] {
  const [matched, strange] = [noCounts(), noCounts()]
  const byPerson = Map.groupBy(all, ({ registration }) => registration.person)
  for (const [a, b] of byPerson.values()) if (a && b) count(matched, compare(a.features, b.features))
  for (let n = 0; n < STRANGERS; n++) {
    const [a, b] = [random.pick(all), random.pick(all)]
    if (a.registration.person !== b.registration.person) count(strange, compare(a.features, b.features))
  }
  const exact = exactShares(all)
  const share = (counts: Map<string, number>, level: string): number => {
    const total = [...counts.values()].reduce((sum, one) => sum + one, 0)
    return ((counts.get(level) ?? 0) + SMOOTHING) / (total + 1)
  }
  const weightOf = (trait: Trait, level: string): Weight => {
    const m = share(matched[trait], level)
    const u = exact[trait]?.[level] || share(strange[trait], level)
    return { m: digits(m), u: digits(u), weight: Math.round(Math.log2(m / u) * 10) / 10 }
  }
  return Object.fromEntries(
    TRAITS.map((trait) => [trait, Object.fromEntries(LEVELS[trait].map((level) => [level, weightOf(trait, level)]))]),
  ) as WeightTable['weights']
}

const digits = (value: number): number => Number(value.toPrecision(3))

interface Judged {
  score: number
  links: boolean
  isOne: boolean
}

/** Pairs that would be looked at: those that share a key, but for those that valid numbers join or part. */
function candidates(all: readonly Known[], weights: WeightTable['weights']): Judged[] {
  const blocks = new Map<string, number[]>()
  for (const [at, { blocks: keys }] of all.entries()) for (const key of keys) blocks.set(key, [...(blocks.get(key) ?? []), at])
  const pairs = new Set<number>()
  for (const members of blocks.values()) {
    if (members.length > 50) continue
    for (const a of members) for (const b of members) if (a < b) pairs.add(a * all.length + b)
  }
  return [...pairs].flatMap((pair) => {
    const [a, b] = [all[Math.floor(pair / all.length)] as Known, all[pair % all.length] as Known]
    const [x, y] = [a, b].map(({ registration }) => validNumber(registration))
    if (x !== undefined && y !== undefined) return []
    const levels = compare(a.features, b.features)
    const score = scoreOf(levels, { weights })
    const links = judge({ levels, score, sameDomain: false, written: false }, { link: score, review: score }).kind === 'link'
    return [{ score, links, isOne: a.registration.person === b.registration.person }]
  })
}

const validNumber = (registration: Registration): string | undefined => {
  const { legal } = identityOf(registration)
  return legal?.links ? legal.number : undefined
}

/** The lowest score from which on no more links are wrong than may be; and so high that a name, a birth date and a sex alone are not enough in the population. */
function thresholdsOf(judged: readonly Judged[]): { link: number; review: number; population: number } {
  const population = Math.round((Math.log2(POPULATION) + Math.log2(1 / FALSE_LINKS_MAX)) * 10) / 10
  const linkable = judged.filter(({ links }) => links).sort((a, b) => b.score - a.score)
  let [link, wrong] = [Number.POSITIVE_INFINITY, 0]
  for (const [at, { score, isOne }] of linkable.entries()) {
    if (!isOne) wrong++
    if (wrong / (at + 1) <= FALSE_LINKS_MAX) link = score
  }
  const ones = judged.filter(({ isOne }) => isOne).sort((a, b) => b.score - a.score)
  const review = ones[Math.min(ones.length - 1, Math.ceil(ones.length * ASKED_MIN))]?.score ?? 0
  return { link: Math.max(link, population), review: Math.max(Math.min(review, link), REVIEW_MIN), population }
}

/** below it is likelier that they are two: log2 of the people of a small town */
const REVIEW_MIN = 16

function measured(judged: readonly Judged[], { link, review }: { link: number; review: number }): object {
  const linked = judged.filter(({ score, links }) => links && score >= link)
  const ones = judged.filter(({ isOne }) => isOne)
  const asked = judged.filter((one) => one.score >= review && !linked.includes(one))
  const share = (part: number, whole: number): number => Number((whole === 0 ? 1 : part / whole).toFixed(5))
  return {
    candidates: judged.length,
    ofOnePerson: ones.length,
    linked: linked.length,
    precision: share(linked.filter(({ isOne }) => isOne).length, linked.length),
    recall: share(linked.filter(({ isOne }) => isOne).length, ones.length),
    asked: asked.length,
    askedOfOnePerson: asked.filter(({ isOne }) => isOne).length,
  }
}

const started = Date.now()
const random = randomOf(SEED)
const all = registrations(random)
const weights = tableOf(all, random.fork('strangers'))
const judged = candidates(all, weights)
const { link, review, population } = thresholdsOf(judged)
const thresholds = { link, review }
const estimated = {
  seed: SEED,
  people: PEOPLE,
  registrations: all.length,
  strangers: STRANGERS,
  population: POPULATION,
  linkForPopulation: population,
}
const table = { version: `${SEED}`, estimated, measured: measured(judged, thresholds), thresholds, weights }
const text = `${JSON.stringify(table, null, 2)}\n`
console.log(JSON.stringify({ ...table, weights: undefined, seconds: (Date.now() - started) / 1000 }, null, 2))
for (const trait of TRAITS)
  for (const level of LEVELS[trait]) {
    const { m, u, weight } = weights[trait][level] as Weight
    console.log(
      `${trait.padEnd(10)} ${level.padEnd(10)} ${String(m).padStart(9)} ${String(u).padStart(10)} ${weight.toFixed(1).padStart(7)}`,
    )
  }
if (process.argv.includes('--check')) process.exitCode = (await readFile(FILE, 'utf8').catch(() => '')) === text ? 0 : 1
else await writeFile(FILE, text)
