/** A patient record that is another person's from now on (linked to a master, or parted from one). */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import { type ConsentEffect, putState } from './consent-change.ts'
import { relabelPerson, relabelRelations } from './overlay-worker.ts'
import { type RelabelDeps, relabelDocuments } from './relabel.ts'
import { statesOf } from './stamp.ts'
import { type OverlayDoc, parseConsents, parseRules, TABLES } from './tables.ts'

const RELINK_ATTEMPTS_MAX = 10

/**
 * Idempotent. Consents of the record move with it; where either person has rules, its documents are hidden until they are
 * relabelled.
 * @throws OutcomeError busy when other writers keep changing the same consents
 */
export async function relink(deps: RelabelDeps, patient: string, from: string, to: string): Promise<void> {
  if (to === patient) await deps.tables.persons.delete({ _id: patient })
  else await deps.tables.persons.put({ _id: patient, person: to })
  await moveConsents(deps, patient, from, to)
  await relabelRelations(deps, [from, patient])
  const deadline = deps.now().getTime() + ACCESS_BOUNDS.relabelPersonMs
  await relabelDocuments(
    deps,
    [...new Set([from, patient])].filter((key) => key !== to),
    deadline,
  )
  for (const person of [from, to]) if ((await deps.tables.overlay.count({ person })) > 0) await relabelPerson(deps, person, deadline)
}

async function moveConsents(deps: RelabelDeps, patient: string, from: string, to: string): Promise<void> {
  for (let attempt = 0; attempt < RELINK_ATTEMPTS_MAX; attempt++) {
    const effect = await moveEffect(deps, patient, from, to)
    if (effect.side.length === 0) return
    const result = await deps.store.commit({ writes: [], side: effect.side })
    if (result.ok) return
  }
  throw new OutcomeError('busy')
}

async function moveEffect(deps: RelabelDeps, patient: string, from: string, to: string): Promise<ConsentEffect> {
  const effect: ConsentEffect = { side: [], persons: [] }
  const states = await statesOf(deps, [from, to])
  const [source, target] = [states.get(from), states.get(to)]
  const moving = parseConsents(source).filter((consent) => consent.patient === patient)
  if (moving.length > 0 && from !== to) {
    const staying = parseConsents(source).filter((consent) => consent.patient !== patient)
    await putState(deps, effect, from, source, staying, source?.birthDate ?? null)
    await putState(deps, effect, to, target, [...parseConsents(target), ...moving], target?.birthDate ?? source?.birthDate ?? null)
  }
  // Documents that still stand under the record itself are not covered by the stamp of the person to whom they belong now.
  const ruled = parseRules(target).length > 0 || moving.length > 0
  const isHidden = (await deps.tables.overlay.count({ _id: patient, person: to })) > 0
  if (ruled && to !== patient && !isHidden && !effect.persons.includes(to)) {
    const doc: OverlayDoc = { _id: patient, epoch: -1, person: to, since: deps.now(), done: null }
    effect.side.push({ table: TABLES.overlay, op: 'put', doc })
  }
  return effect
}
