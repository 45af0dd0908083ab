/** Which consents go with a patient record that is linked or parted, and which stay. Pure (docs/decisions/0007). */
import type { Provision } from './consent-model.ts'
import type { KeptConsent } from './tables.ts'

/** Statuses under which a Consent says nothing at all. */
const SAYS_NOTHING = new Set(['draft', 'entered-in-error'])

/** `from`: the person under whom the record stood; `now` in milliseconds. */
export interface Parting {
  patient: string
  from: string
  now: number
}

/**
 * A record goes with the consents that name it. Where it parts from a master the refusals of the whole person stay in force
 * for each part: nothing opens because somebody changed a number. Permits go with the record that they name, alone.
 */
export function dividedConsents(all: readonly KeptConsent[], { patient, from, now }: Parting): Record<'staying' | 'moving', KeptConsent[]> {
  const refuses = refusing(all, now)
  return {
    staying: all.filter((consent) => consent.patient !== patient || (from !== patient && refuses.has(consent))),
    moving: all.filter((consent) => consent.patient === patient || refuses.has(consent)),
  }
}

/** What of these consents refuses now or will, with what belongs to it. */
export function refusing(consents: readonly KeptConsent[], now: number): ReadonlySet<KeptConsent> {
  const series = [...Map.groupBy(consents, ({ version }) => version.series).values()]
  return new Set(series.flatMap((versions) => refusalsOf(versions, now)))
}

/** What of one series refuses now or will, with the later version that ended it for all but who recorded that. */
function refusalsOf(versions: readonly KeptConsent[], now: number): KeptConsent[] {
  const ordered = versions
    .filter(({ version }) => !SAYS_NOTHING.has(version.status))
    .sort((a, b) => a.version.at - b.version.at || (a.version.written ?? 0) - (b.version.written ?? 0))
  const begun = ordered.filter(({ version }) => version.at <= now)
  const present = begun.at(-1)
  const counting = ordered.filter((one) => one === present || one.version.at > now)
  const recorder = present?.version.rule.recorder
  const former = recorder === undefined ? undefined : begun.filter(({ version }) => version.rule.recorder !== recorder).at(-1)
  if (present && former && isRefusing(former)) return [former, present, ...counting.filter((one) => one !== present && isRefusing(one))]
  return counting.filter(isRefusing)
}

function isRefusing({ version: { status, rule } }: KeptConsent): boolean {
  if (rule.silent) return false
  const denies = ({ effect, nested }: Provision): boolean => effect !== 'permit' || nested.some(denies)
  if (rule.refusal === true || status === 'rejected') return true
  return (rule.root !== undefined && denies(rule.root)) || (rule.preferences ?? []).some(({ model }) => model !== 'blanket-permit')
}

/** A consent that comes back to where a copy of it stayed is one again: its newest version. */
export function newestOfEach(consents: readonly KeptConsent[]): KeptConsent[] {
  const byId = new Map<string, KeptConsent>()
  for (const consent of consents) if ((byId.get(consent.id)?.v ?? -1) <= consent.v) byId.set(consent.id, consent)
  return [...byId.values()]
}
