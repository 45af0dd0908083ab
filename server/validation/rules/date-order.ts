/** Events in the wrong order: kept as sent and flagged (they count as dq-k1 of the quality audit). */
import { parseDate } from '../../fhir/date.ts'
import type { FhirResource } from '../../fhir/types.ts'
import { zoneOf } from '../../fhir/zone.ts'
import type { Finding } from './finding.ts'

/** Zone of dates without one; an hour more or less does not matter when whole days are compared. */
const ZONE = zoneOf('Asia/Shanghai')

interface Order {
  rule: string
  earlier: readonly string[]
  later: readonly string[]
}

/** Elements of which the earlier may not begin after the later has ended. */
const ORDERS: Record<string, Order[]> = {
  Patient: [{ rule: 'cn-pat-8', earlier: ['birthDate'], later: ['deceasedDateTime'] }],
  Observation: [{ rule: 'cn-obs-7', earlier: ['effectiveDateTime'], later: ['issued'] }],
  DiagnosticReport: [{ rule: 'cn-rpt-3', earlier: ['effectiveDateTime'], later: ['issued'] }],
  Specimen: [{ rule: 'cn-spc-1', earlier: ['collection', 'collectedDateTime'], later: ['receivedTime'] }],
}

export function dateOrder(resource: FhirResource): Finding[] {
  return (ORDERS[resource.resourceType] ?? []).flatMap(({ rule, earlier, later }) => {
    const [first, second] = [instantAt(resource, earlier), instantAt(resource, later)]
    if (!first || !second || first.lo <= second.hi) return []
    const expression = `${resource.resourceType}.${later.join('.').replace(/DateTime$/, '')}`
    return [{ rule, code: 'facts-disagree', severity: 'warning', expression }]
  })
}

function instantAt(resource: FhirResource, path: readonly string[]): ReturnType<typeof parseDate> {
  let value: unknown = resource
  for (const step of path) value = (value as Record<string, unknown> | undefined)?.[step]
  return typeof value === 'string' ? parseDate(value, ZONE) : undefined
}
