/** The way in of the insurance's messages, with the mappings and the terminology of the server. */
import { sourceMapping } from '../../mappings/index.ts'
import { createTerminology } from '../../server/terminology-service/terminology.ts'
import { rig, type Rig, sourceOf } from './support.ts'

export type Json = Record<string, unknown>

/** The source `miis` of the organisation MIA, at work. */
export async function miisRig(): Promise<Rig> {
  const terminology = createTerminology()
  const one = await rig([sourceOf('miis', 'miis', 'MIA', 'miis/interface')], {
    mapping: sourceMapping,
    translate: (map, code) => terminology.translate(map as never, code),
  })
  await one.ingest.start()
  return one
}

/** A request of the day, at an hour. */
export const messageAt = (infno: string, msgid: string, hour: string, input: Json): Json => ({
  infno,
  msgid,
  insuplc_admdvs: '110105',
  mdtrtarea_admvs: '110105',
  inf_time: `2026-03-09 ${hour}:00`,
  fixmedins_code: 'H11010500001',
  input,
})
