/** The study for which a researcher asks: running, and approved by an ethics board (consent.md 3.4 step 7). */
import { parseDate } from '../fhir/date.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { Zone } from '../fhir/zone.ts'
import { type Element, list, text } from './provision-criteria.ts'

export interface StudyFacts {
  ethics?: 'approved' | 'waiver'
  hgrApproval?: boolean
  /** a foreign party takes part */
  foreign?: boolean
  /** forms that the study may receive; absent: as approved */
  forms?: string[]
}

const ACTIVE = new Set(['active', 'approved', 'temporarily-closed-to-accrual', 'closed-to-accrual', 'closed-to-accrual-and-intervention'])

const named = (id: string) => (one: Element) => text(one.url)?.endsWith(`/StructureDefinition/${id}`) === true

/** Facts of a ResearchStudy; nothing of one that does not run. */
export function studyFacts(study: FhirResource, now: number, zone: Zone): StudyFacts {
  if (!ACTIVE.has(text(study.status) ?? '') || !isRunning(study.period as Element | undefined, now, zone)) return {}
  const extensions = list(study.extension)
  const approvals = extensions.filter((one) => named('cn-ethics-approval')(one) || named('ethics-approval')(one))
  const found = approvals.flatMap((one) => ethicsOf(one, now, zone) ?? [])
  const ethics = found.includes('approved') ? ('approved' as const) : found[0]
  const forms = extensions.filter(named('cn-data-form')).flatMap((one) => text(one.valueCode) ?? [])
  return {
    ...(ethics ? { ethics } : {}),
    ...(extensions.some((one) => named('cn-hgr-approval')(one) || named('hgr-approval')(one)) ? { hgrApproval: true } : {}),
    ...(extensions.some((one) => named('cn-foreign-party')(one) && one.valueBoolean === true) ? { foreign: true } : {}),
    ...(forms.length > 0 ? { forms } : {}),
  }
}

function isRunning(period: Element | undefined, now: number, zone: Zone): boolean {
  const start = text(period?.start)
  const end = text(period?.end)
  const from = start === undefined ? undefined : parseDate(start, zone)
  const until = end === undefined ? undefined : parseDate(end, zone)
  if ((start !== undefined && !from) || (end !== undefined && !until)) return false
  return (!from || from.lo <= now) && (!until || now < until.hi)
}

/** `valueCode` approved or waiver; or parts: number, board, date, expiry, waiver, status. */
function ethicsOf(extension: Element, now: number, zone: Zone): 'approved' | 'waiver' | undefined {
  const plain = text(extension.valueCode)
  if (plain !== undefined) return plain === 'approved' || plain === 'waiver' ? plain : undefined
  const part = (url: string) => list(extension.extension).find((one) => one.url === url)
  const expiry = part('expiry')
  const until = expiry && parseDate(text(expiry.valueDate) ?? text(expiry.valueDateTime) ?? '', zone)
  if (expiry && (!until || until.hi <= now)) return undefined
  const status = text(part('status')?.valueCode)
  if (status !== undefined && status !== 'approved' && status !== 'waiver') return undefined
  if (status === 'waiver' || part('waiver')?.valueBoolean === true) return 'waiver'
  const stated =
    status === 'approved' || text(part('number')?.valueString) !== undefined || text(part('number')?.valueIdentifier) !== undefined
  return stated ? 'approved' : undefined
}
