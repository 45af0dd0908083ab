/** How notifications reach a subscriber: one object for each kind of channel. */
import type { WebSocket } from 'ws'
import { SUBSCRIPTION_BOUNDS } from './bounds.ts'
import type { Passed } from './gate.ts'
import {
  backportSending,
  inFormat,
  type Numbered,
  notificationBundle,
  plainSending,
  type Sending,
  type StatusFacts,
} from './notification.ts'
import { connectTo, SendFailed, type Target } from './rest-hook.ts'
import type { Spec, SubscriptionDeps, SubscriptionRow } from './types.ts'

export interface Way {
  /** of one notification */
  eventsMax: number
  /** Nothing of the events leaves before `send`. @throws SendFailed */
  connect(passed: readonly Passed[]): Promise<Line>
  /** A handshake or heartbeat, as a Bundle. @throws SendFailed */
  sendStatus(bundle: string): Promise<void>
  /** false: there is nobody to send to any more */
  isOpen(): boolean
}

export interface Line {
  /** @throws SendFailed */
  send(events: readonly Numbered[], stands: () => Promise<boolean>): Promise<void>
  close(): void
}

export function restHook(deps: SubscriptionDeps, row: SubscriptionRow, spec: Spec): Way {
  const { endpoint, headers, payload } = spec.channel
  const isPlain = spec.topic === undefined
  const target = (passed: readonly Passed[]): Target => {
    const { method, path } = isPlain ? plainSending(deps.fhir, row.actor, spec, passed) : POST
    return { endpoint, headers, timeoutSeconds: spec.timeoutSeconds, method, path }
  }
  return {
    // An update is of one resource; that there is something is said once for all.
    eventsMax: isPlain ? (payload === '' ? SUBSCRIPTION_BOUNDS.gatePage : 1) : SUBSCRIPTION_BOUNDS.maxCountMax,
    async connect(passed) {
      const connection = await connectTo(target(passed))
      return {
        close: () => connection.close(),
        send: (events, stands) => connection.send(eventSending(deps, row, spec, events), stands),
      }
    },
    async sendStatus(bundle) {
      const connection = await connectTo(target([]))
      try {
        await connection.send(backportSending(spec, bundle), () => Promise.resolve(true))
      } finally {
        connection.close()
      }
    },
    isOpen: () => true,
  }
}

const POST = { method: 'POST', path: '' } as const

function eventSending(deps: SubscriptionDeps, row: SubscriptionRow, spec: Spec, events: readonly Numbered[]): Sending {
  if (spec.topic === undefined) return plainSending(deps.fhir, row.actor, spec, events)
  return backportSending(spec, eventBundle(deps, row, spec, events))
}

export function eventBundle(deps: SubscriptionDeps, row: SubscriptionRow, spec: Spec, events: readonly Numbered[]): string {
  const count = Math.max(row.count, ...events.map(({ n }) => n))
  const facts: StatusFacts = { id: row._id, state: row.state, count, ...(spec.topic === undefined ? {} : { topic: spec.topic }) }
  return notificationBundle(deps.fhir, row.actor, facts, 'event-notification', { content: spec.content, events })
}

/** The connection to which the Subscription is bound in this process. */
export function webSocket(deps: SubscriptionDeps, row: SubscriptionRow, spec: Spec, connected: () => WebSocket | undefined): Way {
  const isPlain = spec.topic === undefined
  const send = async (text: string, stands: () => Promise<boolean>): Promise<void> => {
    const ws = connected()
    if (!ws) throw new SendFailed('closed')
    await sendOn(ws, text, spec.timeoutSeconds * 1000, stands)
  }
  return {
    eventsMax: isPlain ? SUBSCRIPTION_BOUNDS.gatePage : SUBSCRIPTION_BOUNDS.maxCountMax,
    async connect() {
      if (!connected()) throw new SendFailed('closed')
      const textOf = (events: readonly Numbered[]) =>
        isPlain ? `ping ${row._id}` : inFormat(spec.channel.payload, eventBundle(deps, row, spec, events)).body
      return { close: () => undefined, send: (events, stands) => send(textOf(events), stands) }
    },
    sendStatus: (bundle) => (isPlain ? Promise.resolve() : send(inFormat(spec.channel.payload, bundle).body, () => Promise.resolve(true))),
    isOpen: () => connected() !== undefined,
  }
}

/** Done when the bytes are with the network; a reader that takes none of them for so long is cut off. */
function sendOn(ws: WebSocket, text: string, ms: number, stands: () => Promise<boolean>): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = setTimeout(() => ws.terminate(), ms)
    const watch = setInterval(() => {
      if (ws.bufferedAmount > 0)
        void stands().then(
          (still) => still || ws.terminate(),
          () => ws.terminate(),
        )
    }, SUBSCRIPTION_BOUNDS.watchMs)
    ws.send(text, (error) => {
      clearTimeout(end)
      clearInterval(watch)
      if (error) reject(new SendFailed('closed'))
      else resolve()
    })
  })
}
