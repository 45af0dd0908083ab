/** Times as the interface writes them: Beijing time, without a zone. */
import { offsetOf } from '../engine/values/date.ts'

const ZONE = 'Asia/Shanghai'

function inZone(instant: string, zone: string): string | undefined {
  const utc = new Date(instant)
  if (Number.isNaN(utc.getTime())) return undefined
  const offset = offsetOf(utc.toISOString().slice(0, 19), zone)
  const minutes = (offset.startsWith('-') ? -1 : 1) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6)))
  return new Date(utc.getTime() + minutes * 60_000).toISOString()
}

/** yyyyMMddHHmmssSSS; empty where the instant is none. */
export function compactTime(instant: string, zone = ZONE): string {
  return (inZone(instant, zone) ?? '').replace(/[-:.TZ]/g, '').slice(0, 17)
}

/** yyyy-MM-dd HH:mm:ss */
export const miisTime = (instant: string): string => (inZone(instant, ZONE) ?? '').slice(0, 19).replace('T', ' ')

/** yyyy-MM-dd of a FHIR date or time, as the interface writes the dates of reports; undefined where it has no day. */
export function miisDate(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return value
  return /^\d{4}-\d\d-\d\dT/.test(value) ? inZone(value, ZONE)?.slice(0, 10) : undefined
}
