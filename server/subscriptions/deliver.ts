/**
 * One turn with one Subscription, under its lease: the handshake, what waits to be sent, the heartbeat, the end. Whatever it
 * meets, it says when the Subscription is due again.
 */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { NEVER, SUBSCRIPTION_BOUNDS } from './bounds.ts'
import { byItsEnd, isOver } from './end.ts'
import { restOnFeed } from './feed.ts'
import { failed } from './failed.ts'
import { auditNotified, gate, type Gated, type Passed, sameEvents } from './gate.ts'
import { changeState } from './lifecycle.ts'
import { load } from './load.ts'
import { type NotificationType, type Numbered, notificationBundle } from './notification.ts'
import { countOf, number, unnumber } from './numbers.ts'
import { actorNow } from './registration.ts'
import { SendFailed } from './rest-hook.ts'
import { eventsOf, subscriptionsOf } from './tables.ts'
import type { EventRow, Spec, SubscriptionDeps, SubscriptionRow } from './types.ts'
import { restHook, type Way } from './ways.ts'

/** How often what passes may change between two looks, before the Subscription has to wait. */
const LOOKS_MAX = 5

export interface Turn {
  deps: SubscriptionDeps
  row: SubscriptionRow
  spec: Spec
  way: Way
  alive(): boolean
}

/** @param wayOf how its channel is reached from here; undefined: not from this process */
export async function takeTurn(
  deps: SubscriptionDeps,
  row: SubscriptionRow,
  alive: () => boolean,
  wayOf: (row: SubscriptionRow, spec: Spec) => Way | undefined,
): Promise<void> {
  const { doc, spec, waiting } = await load(deps, row)
  if (!doc) return forget(deps, row)
  if (row.state === 'off') return rest(deps, row)
  const asked = spec ?? waiting
  if (!asked || isOver(asked, deps.fhir.now())) {
    await changeState(deps, row, 'off', { set: { due: NEVER }, ...(asked ? {} : { error: 'registration' }) })
    return rest(deps, row)
  }
  if (!spec) {
    await later(deps, row, row.wakes, new Date(deps.fhir.now().getTime() + SUBSCRIPTION_BOUNDS.heldMs))
    return
  }
  const isNew = row.state === 'requested' || row.noHandshake === true
  if (isNew && !(await activate(deps, row, spec))) return
  const fresh = await subscriptionsOf(deps.fhir.store).get(row._id)
  const way = fresh && wayOf(fresh, spec)
  if (!fresh || fresh.edition !== row.edition) return
  if (way) await pump({ deps, row: fresh, spec, way, alive })
  else await later(deps, fresh, fresh.wakes, byItsEnd(spec, NEVER))
}

/** Its events are no more. */
async function forget({ fhir }: SubscriptionDeps, row: SubscriptionRow): Promise<void> {
  await subscriptionsOf(fhir.store).delete({ _id: row._id, life: row.life })
  await eventsOf(fhir.store).delete({ life: row.life })
}

/** What was given up stays: an operator may have it sent once it is on again. */
async function dropWaiting({ fhir }: SubscriptionDeps, { life }: SubscriptionRow): Promise<void> {
  await eventsOf(fhir.store).delete({ life, state: 'pending' })
}

async function rest(deps: SubscriptionDeps, row: SubscriptionRow): Promise<void> {
  const { fhir } = deps
  await dropWaiting(deps, row)
  await subscriptionsOf(fhir.store).update({ _id: row._id, state: 'off' }, { set: { due: NEVER, since: null } })
}

/**
 * From requested to active: first the feed keeps its events, then the endpoint says yes (Subscriptions R5 Backport, channels;
 * R4's own form has no handshake).
 */
async function activate(deps: SubscriptionDeps, row: SubscriptionRow, spec: Spec): Promise<boolean> {
  // It was off, and is on again before a turn has taken away what waited.
  if (!row.since) await dropWaiting(deps, row)
  await restOnFeed(deps)
  const now = deps.fhir.now()
  if (spec.channel.kind === 'rest-hook' && spec.topic !== undefined) {
    try {
      await sendStatus(deps, row, spec, 'handshake')
    } catch (error) {
      if (!(error instanceof SendFailed)) throw error
      await changeState(deps, row, 'error', { error: error.failure, set: { due: byItsEnd(spec, NEVER), noHandshake: true } })
      deps.log.warn({ subscription: row._id, failure: error.failure }, 'subscription: no handshake')
      return false
    }
  }
  const set = { since: row.since ?? now, sentAt: now, failures: 0, noHandshake: false, ...(spec.end ? { end: spec.end } : {}) }
  return changeState(deps, row, 'active', { set })
}

/** A notification without events: nothing of anybody is in it. */
async function sendStatus(deps: SubscriptionDeps, row: SubscriptionRow, spec: Spec, type: NotificationType): Promise<void> {
  const count = await countOf(deps, row)
  const facts = { id: row._id, state: row.state, count, ...(spec.topic === undefined ? {} : { topic: spec.topic }) }
  await restHook(deps, row, spec).sendStatus(notificationBundle(deps.fhir, row.actor, facts, type))
}

/** Where its end has come meanwhile, the next turn ends it. */
const mayGoOn = ({ deps, spec, alive }: Turn): boolean => alive() && !isOver(spec, deps.fhir.now())

/** All that waits, a part at a time, until there is none, or it fails. */
async function pump(turn: Turn): Promise<void> {
  const { deps, row, way } = turn
  const rows = subscriptionsOf(deps.fhir.store)
  const held = new Set<string>()
  let state = row
  while (mayGoOn(turn)) {
    const waiting = await eventsOf(deps.fhir.store).find(
      { life: row.life, state: 'pending', _id: { $nin: [...held] } },
      { sort: { order: 1 }, limit: SUBSCRIPTION_BOUNDS.gatePage },
    )
    if (held.size > SUBSCRIPTION_BOUNDS.heldMax || (waiting.length === 0 && held.size > 0)) {
      if (await later(deps, state, state.wakes, new Date(deps.fhir.now().getTime() + SUBSCRIPTION_BOUNDS.heldMs))) return
    } else if (waiting.length === 0) {
      if (await isSettled(turn, state)) return
    } else if ((await deliver({ ...turn, row: state }, waiting, held)) !== 'sent') return
    const now = await rows.get(row._id)
    if (!now || now.edition !== row.edition || !way.isOpen()) return
    state = now
  }
}

/** Nothing waits: a heartbeat where it is time for one, and when to look again. False: something came meanwhile. */
async function isSettled(turn: Turn, state: SubscriptionRow): Promise<boolean> {
  const { deps, spec, way } = turn
  const now = deps.fhir.now()
  const next = nextHeartbeat(spec, state)
  if (next && next <= now) {
    try {
      const count = await countOf(deps, state)
      const facts = { id: state._id, state: state.state, count, ...(spec.topic === undefined ? {} : { topic: spec.topic }) }
      await way.sendStatus(notificationBundle(deps.fhir, state.actor, facts, 'heartbeat'))
      await answered(deps, state)
      return false
    } catch (error) {
      if (!(error instanceof SendFailed)) throw error
      await failed(deps, state, spec, error.failure, [])
      return true
    }
  }
  return later(deps, state, state.wakes, byItsEnd(spec, next ?? NEVER))
}

function nextHeartbeat({ heartbeatSeconds }: Spec, { sentAt }: SubscriptionRow): Date | undefined {
  if (heartbeatSeconds === undefined || !sentAt) return undefined
  return new Date(sentAt.getTime() + heartbeatSeconds * 1000)
}

/** Nothing has failed that still waits, so that the next event wakes it at once. False: it was woken since `wakes` was read. */
async function later({ fhir }: SubscriptionDeps, row: SubscriptionRow, wakes: number, due: Date): Promise<boolean> {
  const where = { _id: row._id, edition: row.edition, wakes }
  return (await subscriptionsOf(fhir.store).update(where, { set: { due, failures: 0 } })) !== undefined
}

type Delivered = 'sent' | 'failed' | 'stopped'

/** What of it passes, part by part; what does not is dropped, but for what is not decided yet. */
async function deliver(turn: Turn, waiting: readonly EventRow[], held: Set<string>): Promise<Delivered> {
  const { deps, row, spec, way } = turn
  const gated = await gate(deps.fhir, actorNow(deps, row.actor), spec, waiting)
  for (const { _id } of gated.held) held.add(_id)
  await drop(deps, waiting, gated)
  for (const part of partsOf(gated, spec, way)) {
    if (!mayGoOn(turn)) return 'stopped'
    try {
      if (!(await sendPart(turn, part))) return 'stopped'
    } catch (error) {
      if (!(error instanceof SendFailed)) throw error
      const tried = part.passed.map((one) => one.row)
      await failed(deps, row, spec, error.failure, tried)
      return 'failed'
    }
  }
  return 'sent'
}

/** As many together as the subscriber and its channel take. */
function partsOf(gated: Gated, spec: Spec, way: Way): Gated[] {
  const most = Math.min(spec.maxCount, way.eventsMax)
  const parts: Passed[][] = []
  let bytes = 0
  for (const one of gated.passed) {
    bytes += one.doc.body.byteLength
    const last = parts.at(-1)
    if (last && last.length < most && bytes <= SUBSCRIPTION_BOUNDS.notificationBytes) last.push(one)
    else {
      parts.push([one])
      bytes = one.doc.body.byteLength
    }
  }
  return parts.map((passed) => ({ ...gated, passed }))
}

async function drop({ fhir }: SubscriptionDeps, looked: readonly EventRow[], { passed, held }: Gated): Promise<void> {
  const events = eventsOf(fhir.store)
  const kept = new Set([...passed.map(({ row }) => row._id), ...held.map(({ _id }) => _id)])
  const rows = looked.filter(({ _id }) => !kept.has(_id))
  await Promise.all(rows.map(({ _id }) => events.update({ _id }, { set: { state: 'dropped' }, unset: ['index'] })))
}

/**
 * Connected first, then numbered and put on record, and decided once more: between that answer and the bytes there is nothing
 * that waits. @returns false when the Subscription was changed meanwhile, or has ended
 */
async function sendPart(turn: Turn, part: Gated): Promise<boolean> {
  const { deps, row, spec, way } = turn
  const connection = await way.connect(part.passed)
  let current = part
  try {
    for (let look = 0; look < LOOKS_MAX; look++) {
      const before = await countOf(deps, row)
      const rows = current.passed.map((one) => one.row)
      const [numbered] = await Promise.all([
        number(deps, row, current.passed, before),
        auditNotified(deps.fhir, row.actor, spec, current, 'subscription-notification'),
      ])
      const [again, stands] = await Promise.all([gate(deps.fhir, actorNow(deps, row.actor), spec, rows), isAsItWas(deps, row)])
      const goesOn = stands && !isOver(spec, deps.fhir.now())
      if (goesOn && sameEvents(current, again)) {
        await connection.send(withNumbers(again, numbered), () => stillStands(turn, again))
        await sent(deps, row, numbered)
        return true
      }
      await unnumber(deps, row, numbered, before)
      // Changed, stopped or deleted: whoever did so has been answered.
      if (!goesOn) return false
      await drop(deps, rows, again)
      if (again.passed.length === 0) return true
      current = again
    }
    throw new OutcomeError('busy')
  } finally {
    connection.close()
  }
}

async function isAsItWas({ fhir }: SubscriptionDeps, { _id, edition }: SubscriptionRow): Promise<boolean> {
  const now = await subscriptionsOf(fhir.store).get(_id)
  return now?.edition === edition
}

/** The versions as they were found last, with the numbers that were given. */
function withNumbers({ passed }: Gated, numbered: readonly Numbered[]): Numbered[] {
  const numbers = new Map(numbered.map((one) => [one.row._id, one.n]))
  return passed.map((one) => ({ ...one, n: numbers.get(one.row._id) ?? 0 }))
}

async function stillStands({ deps, row, spec }: Turn, sending: Gated): Promise<boolean> {
  const now = await gate(
    deps.fhir,
    actorNow(deps, row.actor),
    spec,
    sending.passed.map((one) => one.row),
  )
  return sameEvents(sending, now)
}

async function sent(deps: SubscriptionDeps, row: SubscriptionRow, numbered: readonly Numbered[]): Promise<void> {
  const { fhir } = deps
  const events = eventsOf(fhir.store)
  await Promise.all(numbered.map((one) => events.update({ _id: one.row._id }, { set: { state: 'sent' }, unset: ['index', 'error'] })))
  await answered(deps, row)
}

/** Whatever was sent has been taken: all is well again. */
async function answered(deps: SubscriptionDeps, row: SubscriptionRow): Promise<void> {
  const { fhir } = deps
  await subscriptionsOf(fhir.store).update({ _id: row._id }, { set: { sentAt: fhir.now(), failures: 0 } })
  if (row.state === 'error') await changeState(deps, row, 'active')
}
