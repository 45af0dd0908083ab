/** A registration as ingest prepares it, for what is compared without a server. */
import { legalOf } from '../../server/ingest/link/legal.ts'
import type { PreparedIdentity } from '../../server/ingest/types.ts'
import { TODAY } from './people.ts'
import type { Registration } from './registrations.ts'

export function identityOf({ name, sex, birth, number, phone, address }: Registration): PreparedIdentity {
  const statedAt = `${TODAY}T00:00:00.000Z`
  const stated = { local: [], name, gender: sex, birthDate: birth, ...(number !== undefined && { legal: { type: '01', number } }) }
  const legal = legalOf(stated, statedAt, new Set())
  return {
    numbers: [],
    ...(legal && { legal }),
    name,
    gender: sex,
    birthDate: birth,
    ...(phone !== undefined && { phones: [phone] }),
    ...(address !== undefined && { addresses: [address] }),
    statedAt,
  }
}
