/** The same messages in many orders at once: each order is told of a person and a visit of its own, so that the orders need not wait for each other. */
import { eachOf } from '../../server/ingest/each-of.ts'
import type { Json } from './miis-rig.ts'
import type { Rig } from './support.ts'
import { expect } from '@jest/globals'

/** Fields whose numbers are of one person, visit, settlement or message. */
const NUMBERS: ReadonlySet<string> = new Set(['psn_no', 'hi_no', 'mdtrt_id', 'setl_id', 'msgid', 'omsgid', 'inf_refmsgid', 'ipt_otp_no'])
const AT_ONCE = 8
/** Parts a number from the world that it is of. */
const OF = '-w'

const ofWorld = (message: unknown, world: number): unknown =>
  JSON.parse(JSON.stringify(message, (key, value) => (NUMBERS.has(key) && typeof value === 'string' ? `${value}${OF}${world}` : value)))

/** In which world a number is. */
export const worldIn = (text: string): number => Number(text.split(OF)[1]?.split('.')[0])

/** A number without the world that it is of. */
export const plainly = (text: string): string => text.replace(/-w\d+/, '')

/** Tells each world its messages, one after the other. */
export async function tellWorlds(one: Rig, worlds: readonly (readonly unknown[])[]): Promise<void> {
  await eachOf([...worlds.keys()], AT_ONCE, async (world) => {
    for (const message of worlds[world] ?? []) {
      const { counts } = await one.send('miis', ofWorld(message, world))
      expect({ world, infno: (message as Json).infno, quarantined: counts.quarantined }).toEqual({
        ...{ world, infno: (message as Json).infno },
        quarantined: 0,
      })
    }
  })
}
