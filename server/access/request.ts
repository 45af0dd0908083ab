/** One request's decision: made of what is known, and checked against a read that started after the request began. */
import type { Actor } from '../auth/actor.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import { compileDecision } from './compiled-decision.ts'
import { type Decision, makeDecision, systemDecision } from './decision.ts'
import type { Evaluators } from './evaluator.ts'
import type { OverlayReader, Snapshot } from './overlay-reader.ts'
import { type createStanding, needsStanding, type Stood } from './standing.ts'
import type { AccessRequest, DecisionOptions } from './types.ts'

export interface RequestDeps {
  reader: OverlayReader
  evaluators: Evaluators
  standing: ReturnType<typeof createStanding>
  now(): Date
}

const NOTHING = (actor: Actor): Decision =>
  makeDecision({
    filter: () => ({ all: false, anyOf: [], overlay: [] }),
    permits: () => false,
    reason: `${actor.party}:${actor.purpose}`,
  })

/** Starts the reads that the request needs; `decision` can be used at once where nothing about the asker is to be looked up. */
export function beginRequest(deps: RequestDeps, actor: Actor, options: DecisionOptions = {}): AccessRequest {
  if (actor.unrestricted) return unrestricted()
  const fresh = guarded(deps.reader.read())
  let stood: Stood = deps.standing.plain(actor)
  let used: Snapshot | undefined
  let current = NOTHING(actor)
  const use = (snapshot: Snapshot): void => {
    used = snapshot
    // Without look-ups on the way, who is too many to be listed is treated as nobody's patient.
    current = compileDecision(deps.evaluators, stood, snapshot, deps.now().getTime(), stood.treatsAmong ? new Set() : undefined)
  }
  const looked = needsStanding(actor)
  const latest = deps.reader.latest()
  if (latest && !looked) use(latest)
  const relations = looked
    ? guarded(
        deps.standing.of(actor, options.patients ?? []).then((found) => {
          stood = found
          const known = used ?? deps.reader.latest()
          if (known) use(known)
        }),
      )
    : Promise.resolve()
  return {
    get decision() {
      return current
    },
    relationsReady: relations,
    async confirm() {
      const [snapshot] = await Promise.all([fresh, relations])
      if (looked && isSettling(snapshot, stood)) {
        stood = await deps.standing.of(actor, options.patients ?? [])
        used = undefined
      }
      if (used !== undefined && used.key === snapshot.key && used.classes === snapshot.classes) return true
      use(snapshot)
      return false
    },
  }
}

/** A promise whose failure may be met later than it happens. */
function guarded<T>(promise: Promise<T>): Promise<T> {
  const outcome = promise.catch((error: unknown) => {
    throw error instanceof OutcomeError ? error : new OutcomeError('unavailable')
  })
  outcome.catch(() => undefined)
  return outcome
}

/**
 * Some of those for whom he stands were just joined or parted, perhaps between the two reads, which were made side by side
 * (docs/decisions/0015): he is looked up once more, behind the overlay.
 */
function isSettling({ regrouped }: Snapshot, { standings }: Stood): boolean {
  return regrouped.size > 0 && standings.some(({ persons }) => persons !== undefined && !persons.isDisjointFrom(regrouped))
}

function unrestricted(): AccessRequest {
  const decision = systemDecision('unrestricted')
  return { decision, relationsReady: Promise.resolve(), confirm: () => Promise.resolve(true) }
}

/**
 * Runs the query beside the overlay's read where nothing must be looked up first, and again when the read shows that the
 * decision was an old one; the second run's decision rests on a read that is final.
 */
export async function runDecided<T>(
  deps: RequestDeps,
  actor: Actor,
  options: DecisionOptions,
  run: (decision: Decision) => Promise<T>,
): Promise<T> {
  if (actor.party === 'hospital' && !actor.unrestricted && needsStanding(actor)) return runTreating(deps, actor, options, run)
  const request = beginRequest(deps, actor, options)
  if (actor.unrestricted) return run(request.decision)
  if (needsStanding(actor)) await request.relationsReady
  if (deps.reader.latest() === undefined) {
    await request.confirm()
    return run(request.decision)
  }
  const [first, stands] = await Promise.allSettled([run(request.decision), request.confirm()])
  if (stands.status === 'rejected') throw stands.reason
  if (!stands.value) return run(request.decision)
  if (first.status === 'rejected') throw first.reason
  return first.value
}

/** Where the asker treats too many to list, the persons that the second gate meets are looked up, and the query run again. */
async function runTreating<T>(
  deps: RequestDeps,
  actor: Actor,
  options: DecisionOptions,
  run: (decision: Decision) => Promise<T>,
): Promise<T> {
  const look = () => guarded(deps.standing.of(actor, options.patients ?? []))
  const [snapshot, first] = await Promise.all([guarded(deps.reader.read()), look()])
  const stood = isSettling(snapshot, first) ? await look() : first
  const at = deps.now().getTime()
  if (!stood.treatsAmong) return run(compileDecision(deps.evaluators, stood, snapshot, at))
  const known = new Set<string>()
  let related: Stood['standings'] = []
  for (let round = 0; ; round++) {
    const met = new Set<string>()
    const value = await run(compileDecision(deps.evaluators, { ...stood, standings: [...stood.standings, ...related] }, snapshot, at, met))
    const news = [...met].filter((person) => !known.has(person))
    if (news.length === 0 || round >= ACCESS_BOUNDS.lookUpRoundsMax) return value
    for (const person of news) known.add(person)
    related = await stood.treatsAmong([...known])
  }
}
