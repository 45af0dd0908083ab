/** The way in of a platform's tables, with the mappings and the terminology of the server. */
import { sourceMapping } from '../../mappings/index.ts'
import { createTerminology } from '../../server/terminology-service/terminology.ts'
import { rig, type Rig, sourceOf } from './support.ts'

/** The source `rhip` of the organisation HA, whose institution 0001 is H1. */
export function rhipRig(): Promise<Rig> {
  const terminology = createTerminology()
  return rig([sourceOf('rhip', 'rhip', 'HA', 'rhip/tables', { '0001': 'H1' })], {
    mapping: sourceMapping,
    translate: (map, code) => terminology.translate(map, code),
  })
}
