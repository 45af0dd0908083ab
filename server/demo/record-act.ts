/** Act two: what stands in the store after it, whatever the order of arrival (samples/README). */
import { type Bundle, type Cast, type FhirResource, matches } from './cast.ts'
import type { Narrator } from './narrator.ts'

export interface Persons {
  /** master Patient ids */
  wang: string
  li: string
}

const ID_CARD = 'urn:oid:2.16.156.10011.1.3'
const WANG = '110100195803120019'
const LI = '310100196511080248'

export async function recordAct(cast: Cast, narrator: Narrator): Promise<Persons> {
  narrator.heading('二、成为关联、已校验的 FHIR R4 资源', 'II. Linked, validated FHIR R4 resources stand in MongoDB')
  const wang = await masterOf(cast, narrator, { zh: '王建国', en: 'Wang Jianguo', number: WANG, sources: 4 })
  const li = await masterOf(cast, narrator, { zh: '李秀兰', en: 'Li Xiulan', number: LI, sources: 2 })
  await bloodCount(cast, narrator, wang)
  await glucose(cast, narrator, li)
  await withdrawn(cast, narrator, li)
  await workList(cast, narrator)
  return { wang, li }
}

interface Person {
  zh: string
  en: string
  number: string
  /** how many sources know the person */
  sources: number
}

/** The insurance administration knows both; its own record leads to the master, which the patients' app then reads. */
async function masterOf(cast: Cast, narrator: Narrator, person: Person): Promise<string> {
  const mia = await cast.as('mia')
  const found = (await mia.search({ resourceType: 'Patient', searchParams: { identifier: `${ID_CARD}|${person.number}` } })) as Bundle
  const links = matches(found, 'Patient').flatMap((record) => (record.link ?? []) as { type: string; other: { reference: string } }[])
  const id = links.find(({ type }) => type === 'refer')?.other.reference.split('/')[1] ?? ''
  const own = await cast.as('patient-app', { patient: id })
  const master = (await own.read({ resourceType: 'Patient', id })) as FhirResource
  const linked = ((master.link ?? []) as { type: string }[]).filter(({ type }) => type === 'seealso').length
  narrator.check(
    `${person.zh}：一条主记录，按身份证号关联 ${linked} 条来源记录`,
    `${person.en}: one master record, linked by identity number to ${linked} source records`,
    linked === person.sources,
  )
  return id
}

const reportBy = async (cast: Cast, patient: string, number: string): Promise<FhirResource[]> => {
  const own = await cast.as('patient-app', { patient })
  const bundle = (await own.search({ resourceType: 'DiagnosticReport', searchParams: { patient, identifier: number } })) as Bundle
  return matches(bundle, 'DiagnosticReport')
}

async function bloodCount(cast: Cast, narrator: Narrator, patient: string): Promise<void> {
  const reports = await reportBy(cast, patient, 'BG2026030600077')
  narrator.check('血常规到达四次，读者只见一份报告', 'The blood count came four times; a reader sees one report', reports.length === 1)
  const own = await cast.token('patient-app', { patient })
  const cells = await (await cast.raw(own, `/fhir/Observation?patient=${patient}&code=WBC`)).text()
  narrator.check(
    '白细胞计数为更正后的 10.90（末位零保留）',
    'The white-cell count is the corrected 10.90, its last zero kept',
    cells.includes('"value":10.90') && !cells.includes('11.20'),
  )
  const client = await cast.as('patient-app', { patient })
  const provenance = (await client.search({
    resourceType: 'Provenance',
    searchParams: { target: `DiagnosticReport/${reports[0]?.id}` },
  })) as Bundle
  const text = JSON.stringify(provenance)
  const sources = ['Organization/H1', 'Organization/HA"', 'Organization/HA2'].filter((name) => text.includes(name))
  narrator.check(
    '溯源中有医院、本地平台、外省平台',
    'Its Provenance names the hospital, the platform and the other province',
    sources.length === 3,
  )
}

async function glucose(cast: Cast, narrator: Narrator, patient: string): Promise<void> {
  const reports = await reportBy(cast, patient, 'BG2026030900311')
  narrator.check('血糖报告来自医保与平台，合为一份', 'The glucose report came from MIIS and the platform: one report', reports.length === 1)
}

async function withdrawn(cast: Cast, narrator: Narrator, patient: string): Promise<void> {
  const reports = await reportBy(cast, patient, 'BG2026030900312')
  const own = await cast.token('patient-app', { patient })
  const everything = await (await cast.raw(own, `/fhir/Patient/${patient}/$everything`)).text()
  narrator.check(
    '已撤销的报告不在患者的记录中',
    'The withdrawn report is not part of the record',
    reports.length === 0 && !everything.includes('BG2026030900312'),
  )
}

async function workList(cast: Cast, narrator: Narrator): Promise<void> {
  const answer = await cast.raw(await cast.token('loader'), '/ingest/unmapped')
  const text = await answer.text()
  narrator.check(
    '没有国家编码的收费项目在待对照清单上',
    'The charge without a national code stands on the work list',
    answer.ok && text.includes('ZJ000007'),
  )
}
