/** The withdrawal race: many take-aways beside readers in another process, and not one resource seen after its acknowledgement. */
import { clock, each, sleep } from '../support/client.ts'
import { type Random, randomOf } from '../support/random.ts'
import { createChecker, type Leak } from './checker.ts'
import { type Audience, createDenials } from './denials.ts'
import { type Reading, shows, startReaders, total } from './readers.ts'
import { admit, openScene, type Person, type Scene, type SceneOptions } from './scene.ts'
import { audienceOf, EXPIRES_AFTER_MS, type Granted, grant, KINDS, type Kind } from './takeaways.ts'
import { startWriters } from './writers.ts'

export interface RaceOptions extends SceneOptions {
  seed: number
  persons: number
  takeAways: number
  /** consents that change at the same time */
  flippers: number
  /** how long readers go on after the last take-away: longer than the overlay's grace shows what is left when its entries ended */
  afterMs: number
  say(line: string): void
}

export interface RaceReport {
  seed: number
  takeAways: Record<string, number>
  responses: number
  rows: number
  probes: number
  leaks: Leak[]
  /** answers that counted what was not to be counted */
  countLeaks: number
  ackMs: number[]
  visibleMs: number[]
  writes: number
  /** grants that the second process did not show in time */
  grantsUnseen: UnseenGrant[]
  unexpected: Record<string, number>
  failures: string[]
}

export interface UnseenGrant {
  kind: Kind
  person: number
  /** how long its acknowledgement took */
  ackMs: number
}

/** A grant is to be seen within this time (access.md 3.6: grants are not in the overlay). */
const VISIBLE_MS_MAX = 20_000

export async function runRaces(options: RaceOptions): Promise<RaceReport> {
  const random = randomOf(options.seed)
  const scene = await openScene(options)
  try {
    options.say(`two servers: ${scene.servers.map(({ url, pid }) => `${url} (${pid})`).join(', ')}`)
    const people = await admit(scene, options.persons)
    options.say(`${people.length} persons admitted`)
    return await race(options, scene, people, random)
  } finally {
    for (const server of scene.servers) await server.stop()
  }
}

async function race(options: RaceOptions, scene: Scene, people: Person[], random: Random): Promise<RaceReport> {
  const denials = createDenials()
  const checker = createChecker(denials)
  for (const person of people) checker.know(person.n, [person.master, person.record])
  const unexpected: Record<string, number> = {}
  const note = (what: string, status: number): void => {
    unexpected[`${what} ${status}`] = (unexpected[`${what} ${status}`] ?? 0) + 1
  }
  let running = true
  const common = { scene, people, running: () => running, unexpected: note }
  const reading: Reading = { ...common, checker, known: new Map(), random: random.fork('readers') }
  const readers = startReaders(reading)
  const writers = startWriters({ ...common, random: random.fork('writers') })
  const report = { probes: 0, countLeaks: 0, ackMs: [] as number[], visibleMs: [] as number[], grantsUnseen: [] as UnseenGrant[] }
  const counts: Record<string, number> = {}
  const plan = Array.from({ length: options.takeAways }, (_, at) => KINDS[at % KINDS.length] as Kind)
  const free = new Set(people)
  const flip = random.fork('flips')
  const flipping: Flipping = { reading, denials, report, random: flip, left: new Map() }
  await each(plan, options.flippers, async (kind, at) => {
    const person = flip.pick([...free])
    free.delete(person)
    await takeAwayOnce(flipping, kind, person)
    counts[kind] = (counts[kind] ?? 0) + 1
    free.add(person)
    if ((at + 1) % 50 === 0) options.say(`${at + 1} take-aways, ${checker.tally.responses} answers, ${checker.tally.leaks.length} leaks`)
  })
  await sleep(options.afterMs)
  running = false
  await readers
  const writes = await writers
  const failures = scene.servers.flatMap((server) => server.failures())
  for (const server of scene.servers) if (!server.isRunning()) failures.push(`server ${server.pid} ended by itself`)
  const { responses, rows, leaks } = checker.tally
  return { seed: options.seed, takeAways: counts, responses, rows, leaks, writes, unexpected, failures, ...report }
}

interface Flipping {
  reading: Reading
  denials: ReturnType<typeof createDenials>
  report: { probes: number; countLeaks: number; ackMs: number[]; visibleMs: number[]; grantsUnseen: UnseenGrant[] }
  random: Random
  /** persons who are still withdrawn */
  left: Map<Person, Granted>
}

async function takeAwayOnce(flipping: Flipping, kind: Kind, person: Person): Promise<void> {
  const { reading, denials, report, random, left } = flipping
  const audience = audienceOf(kind)
  const free = (): void => {
    for (const one of ['researcher', 'insurer', 'clinician'] as const) denials.granting(person.n, one, clock())
  }
  // A dissent that an earlier take-away left would go on denying.
  await left.get(person)?.undo(free)
  left.delete(person)
  const { granted, seenAt } = await grantSeen(flipping, kind, person, free)
  if (seenAt === undefined) report.grantsUnseen.push({ kind, person: person.n, ackMs: granted.ackMs })
  else if (kind !== 'share') report.visibleMs.push(seenAt - granted.sentAt)
  await sleep(random.below(150))
  const { from, ackMs } = await granted.take()
  denials.taken(person.n, audience, from)
  if (ackMs !== undefined) report.ackMs.push(ackMs)
  for (let probe = 0; probe < 3; probe++) {
    if (await shows(reading, audience, person)) report.countLeaks++
    const told = await total(reading, audience, person)
    if (told.total !== 0 && denials.mustBeHidden(person.n, audience, told.start, told.end)) report.countLeaks++
    report.probes += 2
  }
  await sleep(random.below(600))
  // Some stay withdrawn to the end, so that what was written late is looked for too.
  if (random.below(3) > 0) await granted.undo(free)
  else left.set(person, granted)
}

/**
 * A grant, and the moment at which the second process showed it. One that ended by itself before anybody could look is given
 * again for twice as long, until it lives as long as every other grant has time to be seen.
 */
async function grantSeen(
  { reading, denials }: Flipping,
  kind: Kind,
  person: Person,
  free: () => void,
): Promise<{ granted: Granted; seenAt: number | undefined }> {
  const audience = audienceOf(kind)
  for (let lifeMs = EXPIRES_AFTER_MS; ; lifeMs *= 2) {
    const granted = await grant(reading.scene.first, kind, person, free, lifeMs)
    const deadline = Math.min(clock() + VISIBLE_MS_MAX, granted.endsAt ?? Number.POSITIVE_INFINITY)
    const seenAt = await untilVisible(reading, audience, person, deadline)
    if (seenAt !== undefined || granted.endsAt === undefined || lifeMs > VISIBLE_MS_MAX) return { granted, seenAt }
    const { from } = await granted.take()
    denials.taken(person.n, audience, from)
    await granted.undo(free)
  }
}

/** @returns the moment at which the second process showed it */
async function untilVisible(reading: Reading, audience: Audience, person: Person, deadline: number): Promise<number | undefined> {
  while (clock() < deadline) {
    if (await shows(reading, audience, person)) return clock()
    await sleep(15)
  }
  return undefined
}
