/** Layers 0 and 1: which party may ask for which purpose at all; genetic data abroad. */
import { isAdmissible } from '../purposes.ts'
import type { AccessRule } from './rule.ts'

export const purposeNotAdmissible: AccessRule = {
  layer: 'admissibility',
  reason: 'purpose-not-admissible',
  effect: 'deny',
  applies: ({ asker }) => !isAdmissible(asker.party, asker.purpose),
}

/** Human genetic resources leave the country only with an approval (HGR regulation). */
export const foreignGenetic: AccessRule = {
  layer: 'foreign',
  reason: 'hgr-foreign',
  effect: 'deny',
  applies: ({ asker, resource }) => asker.foreign === true && asker.hgrApproval !== true && resource.labels.includes('GDIS'),
}
