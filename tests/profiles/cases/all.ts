/** The cases of every profile. */
import * as audits from './audits.ts'
import * as careNetwork from './care-network.ts'
import type { ProfileCases } from './case.ts'
import * as clinical from './clinical.ts'
import * as deidentified from './deidentified.ts'
import * as documents from './documents.ts'
import * as examinations from './examinations.ts'
import * as extended from './extended.ts'
import * as fuller from './fuller.ts'
import * as insurance from './insurance.ts'
import * as minimal from './minimal.ts'
import * as people from './people.ts'
import * as records from './records.ts'
import * as treatment from './treatment.ts'

const FILES: Record<string, ProfileCases | ProfileCases[]>[] = [
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
  extended,
  minimal,
  deidentified,
]

export const ALL: ProfileCases[] = FILES.flatMap((file) => Object.values(file).flat())
