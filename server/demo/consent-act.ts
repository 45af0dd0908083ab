/** Act three: the same questions before consent, after it, and after it is withdrawn. */
import type { Cast, FhirResource } from './cast.ts'
import { broadConsent, give, insurerConsent, shareOptOut, withdraw } from './consents.ts'
import { downloadAll, runExport } from './export-act.ts'
import type { Narrator } from './narrator.ts'
import type { Persons } from './record-act.ts'
import { prepareSetting, type Setting } from './setting.ts'
import { researcherParameters, viewOf, viewWhen } from './views.ts'

export async function consentAct(cast: Cast, narrator: Narrator, persons: Persons): Promise<void> {
  narrator.heading('三、三个时刻，四位询问者', 'III. Three moments, four askers')
  const setting = await prepareSetting(cast)
  await before(cast, narrator, setting, persons)
  const given = await after(cast, narrator, setting, persons)
  const files = await runExport(cast, narrator, setting)
  await withdrawn(cast, narrator, setting, persons, given)
  const again = await downloadAll(cast, setting, files)
  narrator.check(
    '撤回后重新下载同一批导出文件：一行也没有了',
    'The same export files fetched again after the withdrawal: not a line is left',
    again === 0,
  )
}

async function before(cast: Cast, narrator: Narrator, setting: Setting, persons: Persons): Promise<void> {
  const view = await viewOf(cast, setting, persons)
  narrator.say(
    '—— 同意之前（默认：就诊可跨院查阅，其余须同意）',
    '-- before consent (default: other hospitals may read for treatment, all else needs consent)',
  )
  narrator.check(
    `外院经治医生：可见 ${view.clinician} 项检验`,
    `Treating doctor of another hospital sees ${view.clinician} laboratory items`,
    view.clinician > 0,
  )
  narrator.check(`商业保险：可见 ${view.insurer} 项`, `Commercial insurer sees ${view.insurer}`, view.insurer === 0)
  narrator.check(`研究者：可见 ${view.researcher} 项`, `Researcher sees ${view.researcher}`, view.researcher === 0)
  narrator.check(`患者本人：可见 ${view.patient} 项`, `The patient sees ${view.patient}`, view.patient > 0)
}

async function after(cast: Cast, narrator: Narrator, setting: Setting, persons: Persons): Promise<FhirResource[]> {
  const given = [await give(cast, persons.wang, broadConsent(persons.wang)), await give(cast, persons.wang, insurerConsent(persons.wang))]
  const view = await viewWhen(cast, setting, persons, ({ insurer, researcher }) => insurer > 0 && researcher > 0)
  narrator.say('—— 王建国给出研究泛知情同意和保险同意之后', '-- after Wang Jianguo gave a broad research consent and one to his insurer')
  narrator.check(`商业保险：可见 ${view.insurer} 项`, `Commercial insurer sees ${view.insurer}`, view.insurer > 0)
  narrator.check(`研究者（假名化）：可见 ${view.researcher} 项`, `Researcher, pseudonymised, sees ${view.researcher}`, view.researcher > 0)
  await pseudonymised(cast, narrator, setting)
  return given
}

async function pseudonymised(cast: Cast, narrator: Narrator, setting: Setting): Promise<void> {
  const token = await cast.token('researcher', researcherParameters(setting))
  const patients = await (await cast.raw(token, '/fhir/Patient?_count=50')).text()
  const observations = await (await cast.raw(token, '/fhir/Observation?_count=200')).text()
  const named = ['王建国', '110100195803120019', '13800000001', '示例街道'].filter((word) => (patients + observations).includes(word))
  narrator.check(
    '研究者看到的资源中没有姓名、证件号、电话和住址',
    'No name, identity number, telephone or address in what the researcher sees',
    named.length === 0,
  )
}

async function withdrawn(cast: Cast, narrator: Narrator, setting: Setting, persons: Persons, given: FhirResource[]): Promise<void> {
  for (const consent of given) await withdraw(cast, persons.wang, consent)
  await give(cast, persons.wang, shareOptOut(persons.wang))
  const view = await viewOf(cast, setting, persons)
  narrator.say(
    '—— 撤回同意，并拒绝跨院共享之后（即刻生效）',
    '-- after withdrawing both and refusing to share with other hospitals (in force at once)',
  )
  narrator.check(
    `外院经治医生：可见 ${view.clinician} 项`,
    `Treating doctor of another hospital sees ${view.clinician}`,
    view.clinician === 0,
  )
  narrator.check(`商业保险：可见 ${view.insurer} 项`, `Commercial insurer sees ${view.insurer}`, view.insurer === 0)
  narrator.check(`研究者：可见 ${view.researcher} 项`, `Researcher sees ${view.researcher}`, view.researcher === 0)
  const { patient } = await viewWhen(cast, setting, persons, (later) => later.patient > 0)
  narrator.check(`患者本人：仍可见 ${patient} 项`, `The patient still sees ${patient}`, patient > 0)
  await indistinguishable(cast, narrator, setting, persons)
}

/** Hidden and absent, compared byte by byte but for the id that was asked for. */
async function indistinguishable(cast: Cast, narrator: Narrator, setting: Setting, persons: Persons): Promise<void> {
  const own = await cast.token('patient-app', { patient: persons.wang })
  const bundle = (await (await cast.raw(own, `/fhir/Observation?patient=${persons.wang}&_count=1`)).json()) as {
    entry?: { resource: FhirResource }[]
  }
  const hidden = bundle.entry?.[0]?.resource.id ?? ''
  const absent = `${hidden.slice(0, -4)}zzzz`
  const token = await cast.token('h2-ward', { purpose_of_use: 'TREAT', user: setting.doctor, patient: persons.wang })
  const [one, other] = await Promise.all([hidden, absent].map((id) => answerOf(cast, token, id)))
  narrator.check(
    '隐藏的资源与不存在的资源，应答逐字节相同',
    'The answers for a hidden and for an absent resource are the same, byte by byte',
    hidden !== '' && one === other,
  )
}

async function answerOf(cast: Cast, token: string, id: string): Promise<string> {
  const answer = await cast.raw(token, `/fhir/Observation/${id}`)
  const headers = [...answer.headers].filter(([name]) => name !== 'date').map(([name, value]) => `${name}: ${value}`)
  return [answer.status, ...headers, await answer.text()].join('\n').replaceAll(id, '[id]')
}
