/** The cases of every profile. */
import * as audits from './audits.ts'
import * as careNetwork from './care-network.ts'
import type { ProfileCases } from './case.ts'
import * as clinical from './clinical.ts'
import * as documents from './documents.ts'
import * as examinations from './examinations.ts'
import * as fuller from './fuller.ts'
import * as insurance from './insurance.ts'
import * as people from './people.ts'
import * as records from './records.ts'
import * as treatment from './treatment.ts'

const FILES: Record<string, ProfileCases>[] = [
  people,
  clinical,
  careNetwork,
  examinations,
  treatment,
  insurance,
  documents,
  records,
  audits,
  fuller,
]

export const ALL: ProfileCases[] = FILES.flatMap((file) => Object.values(file))
