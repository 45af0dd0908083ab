/** What the three moments need beside the samples: a doctor of another hospital who treats the patient, an approved study. */
import type { Cast, FhirResource } from './cast.ts'

export interface Setting {
  /** Practitioner of hospital H2 */
  doctor: string
  /** ResearchStudy approved by an ethics committee */
  study: string
}

const BASE = 'https://fhir-cn.example'

export async function prepareSetting(cast: Cast, patient: string): Promise<Setting> {
  const h2 = await cast.as('h2-engine')
  const doctor = await created(h2, {
    resourceType: 'Practitioner',
    active: true,
    identifier: [{ system: `${BASE}/sid/H2/staff-no`, value: 'D2001' }],
    name: [{ text: '林医生' }],
  })
  await created(h2, {
    resourceType: 'Encounter',
    status: 'in-progress',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
    subject: { reference: `Patient/${patient}` },
    participant: [{ individual: { reference: `Practitioner/${doctor}` } }],
    period: { start: new Date(Date.now() - 3_600_000).toISOString() },
    serviceProvider: { reference: 'Organization/H2' },
  })
  const loader = await cast.as('loader')
  const study = await created(loader, {
    resourceType: 'ResearchStudy',
    status: 'active',
    title: '糖尿病与冠心病共病研究',
    extension: [{ url: `${BASE}/StructureDefinition/ethics-approval`, valueCode: 'approved' }],
  })
  return { doctor, study }
}

type FhirClient = Awaited<ReturnType<Cast['as']>>

async function created(client: FhirClient, resource: FhirResource): Promise<string> {
  const answer = (await client.create({ resourceType: resource.resourceType, body: resource as never })) as unknown as FhirResource
  if (!answer.id) throw new Error(`${resource.resourceType} was not created`)
  return answer.id
}
