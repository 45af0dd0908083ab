/** What each asker gets, by HTTP, at one moment. */
import { setTimeout } from 'node:timers/promises'
import { type Bundle, type Cast, matches } from './cast.ts'
import type { Setting } from './setting.ts'

export interface View {
  /** resources of hospital H1's record that a doctor of H2 gets by $everything */
  clinician: number
  /** claims and settlements that the insurer finds */
  insurer: number
  /** observations that the researcher finds, pseudonymised */
  researcher: number
  /** resources of the patient's own record */
  patient: number
}

const COUNT = '200'

export async function viewOf(cast: Cast, setting: Setting, patients: { wang: string; li: string }): Promise<View> {
  return {
    clinician: await clinicianSees(cast, setting, patients.wang),
    insurer: await insurerSees(cast),
    researcher: await researcherSees(cast, setting),
    patient: await ownRecord(cast, patients.wang),
  }
}

const VISIBLE_MS_MAX = 10_000
const VISIBLE_POLL_MS = 50

/** What was given is seen once the person's records are relabelled, moments after the answer: looks until it is so. */
export async function viewWhen(
  cast: Cast,
  setting: Setting,
  patients: { wang: string; li: string },
  isThere: (view: View) => boolean,
): Promise<View> {
  const deadline = Date.now() + VISIBLE_MS_MAX
  for (;;) {
    const view = await viewOf(cast, setting, patients)
    if (isThere(view) || Date.now() > deadline) return view
    await setTimeout(VISIBLE_POLL_MS)
  }
}

async function clinicianSees(cast: Cast, setting: Setting, patient: string): Promise<number> {
  const token = await cast.token('h2-ward', { purpose_of_use: 'TREAT', user: setting.doctor, patient })
  const answer = await cast.raw(token, `/fhir/Observation?patient=${patient}&_count=${COUNT}`)
  const reports = await cast.raw(token, `/fhir/DiagnosticReport?patient=${patient}&_count=${COUNT}`)
  return matches((await answer.json()) as Bundle).length + matches((await reports.json()) as Bundle).length
}

async function insurerSees(cast: Cast): Promise<number> {
  const client = await cast.as('insurer', { purpose_of_use: 'HPAYMT' })
  const claims = (await client.search({ resourceType: 'Claim', searchParams: { _count: COUNT } })) as Bundle
  const settlements = (await client.search({ resourceType: 'ExplanationOfBenefit', searchParams: { _count: COUNT } })) as Bundle
  return matches(claims).length + matches(settlements).length
}

export const researcherParameters = (setting: Setting) => ({ purpose_of_use: 'HRESCH', data_form: 'PSEUD', research_study: setting.study })

async function researcherSees(cast: Cast, setting: Setting): Promise<number> {
  const client = await cast.as('researcher', researcherParameters(setting))
  const found = (await client.search({ resourceType: 'Observation', searchParams: { _count: COUNT } })) as Bundle
  return matches(found).length
}

async function ownRecord(cast: Cast, patient: string): Promise<number> {
  const token = await cast.token('patient-app', { patient })
  const answer = await cast.raw(token, `/fhir/Patient/${patient}/$everything`)
  return matches((await answer.json()) as Bundle).length
}
