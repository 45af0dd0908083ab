/** Figures of the MLLP listeners for /metrics: counts by source and kind of answer, nothing of any message. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

export interface MllpMetrics {
  connections(change: 1 | -1): void
  inWork(change: 1 | -1): void
  answered(source: string, code: string, seconds: number): void
  discarded(why: Discarded): void
}

export type Discarded = 'acknowledgement' | 'stray' | 'broken-off' | 'unfinished' | 'given-up' | 'too-many' | 'tls'

export function mllpMetrics(registry: Registry): MllpMetrics {
  const registers = [registry]
  const connections = new Gauge({ name: 'yilian_mllp_connections', help: 'Open MLLP connections', registers })
  const inWork = new Gauge({ name: 'yilian_mllp_messages_in_work', help: 'Messages received and not yet answered', registers })
  const messages = new Counter({
    name: 'yilian_mllp_messages_total',
    help: 'Messages answered, by source and acknowledgement code',
    labelNames: ['source', 'code'],
    registers,
  })
  const seconds = new Histogram({
    name: 'yilian_mllp_message_seconds',
    help: 'From the last byte of a message to its application acknowledgement',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })
  const discarded = new Counter({
    name: 'yilian_mllp_discarded_total',
    help: 'What was not answered: acknowledgements, stray bytes, messages that did not end, connections given up',
    labelNames: ['why'],
    registers,
  })
  return {
    connections: (change) => connections.inc(change),
    inWork: (change) => inWork.inc(change),
    answered: (source, code, took) => {
      messages.inc({ source, code })
      seconds.observe(took)
    },
    discarded: (why) => discarded.inc({ why }),
  }
}
