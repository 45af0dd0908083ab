/** Figures of silent sources for /metrics. */
import { Gauge, type Registry } from 'prom-client'

export function silenceGauge(registry: Registry): (source: string, silent: boolean, heardSeconds: number) => void {
  const registers = [registry]
  const silent = new Gauge({
    name: 'yilian_source_silent',
    help: '1 while a source has sent nothing for longer than its silentAfterHours',
    labelNames: ['source'],
    registers,
  })
  const heard = new Gauge({
    name: 'yilian_source_heard_seconds_ago',
    help: 'Seconds since the last payload of a source whose silence is watched',
    labelNames: ['source'],
    registers,
  })
  return (source, isSilent, seconds) => {
    silent.set({ source }, isSilent ? 1 : 0)
    heard.set({ source }, seconds)
  }
}
