/** What the three moments need beside the samples: a doctor of another hospital who treats the patient, an approved study. */
import { type Bundle, type Cast, type FhirResource, matches } from './cast.ts'

export interface Setting {
  /** Practitioner of hospital H2 */
  doctor: string
  /** ResearchStudy approved by an ethics committee */
  study: string
}

const BASE = 'https://fhir-cn.example'

const NOW_DIGITS = 14

/** The patient goes to another hospital: its system sends an admission like any other. Segments end in CR. */
function admission(): string {
  const now = new Date(Date.now() + 8 * 3_600_000).toISOString().replace(/\D/g, '').slice(0, NOW_DIGITS)
  return [
    `MSH|^~\\&|HIS|0002|EAI|YILIAN|${now}||ADT^A01^ADT_A01|H2ADT1|P|2.4||||||UNICODE UTF-8`,
    `EVN|A01|${now}`,
    'PID|1||2000777^^^0002^PI~110100195803120019^^^MPS^NI||王建国||19580312|M',
    `PV1|1|I|0101^急诊科^1||||D2001^林医生${'|'.repeat(12)}H2V0001${'|'.repeat(25)}${now}`,
    '',
  ].join('\r')
}

export async function prepareSetting(cast: Cast): Promise<Setting> {
  const engine = await cast.token('h2-engine')
  const answer = await cast.raw(engine, '/ingest/h2-his', {
    method: 'POST',
    headers: { 'Content-Type': 'application/hl7-v2' },
    body: admission(),
  })
  if (!answer.ok) throw new Error(`the admission at H2 answered ${answer.status}`)
  const h2 = await cast.as('h2-engine')
  const staff = (await h2.search({ resourceType: 'Practitioner', searchParams: { identifier: `${BASE}/sid/H2/staff-no|D2001` } })) as Bundle
  const doctor = matches(staff, 'Practitioner')[0]?.id
  if (doctor === undefined) throw new Error('the doctor of H2 was not found')
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
