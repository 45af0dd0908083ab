/** Two hospitals' laboratories with items that no table knows, and the people who map them. */
import { practitioner, putAll } from '../consent/resources.ts'
import { type Answer, type CallOptions, startTestServer, type TestServer, type TestServerOptions } from '../support/server.ts'

export const LOINC = 'http://loinc.org'
/** of the loaded fragment of LOINC (terminology/systems/loinc.json) */
export const LEUKOCYTES = '6690-2'
export const labItems = (organization: string): string => `https://fhir-cn.example/sid/${organization}/lab-item-code`

/** One laboratory report; `items` are OBX-3 `code^name` with their values. */
export function report(number: string, items: readonly { code: string; name: string; value?: string }[], patient = '0001023456'): string {
  const results = items.map(
    ({ code, name, value = '1' }, at) => `OBX|${at + 1}|NM|${code}^${name}^L||${value}|10^9/L||||||F|||20260306080000`,
  )
  return [
    `MSH|^~\\&|LIS||EAI|YILIAN|20260306081530||ORU^R01^ORU_R01|M${number}|P|2.4||||||UNICODE UTF-8`,
    `PID|1||${patient}^^^0001^PI||王建国||19580312|M`,
    `ORC|RE|SQ${number}|BG${number}||CM`,
    `OBR|1|SQ${number}|BG${number}|XCG^血常规^L|||20260306063000|||||||20260306065500|||||||||20260306081500||HM|F`,
    ...results,
  ].join('\r')
}

/** An admission whose diagnosis is a name without a code: it stands on the work list by its name (formats.md D28). */
export const admission = (diagnosis: string): string =>
  [
    'MSH|^~\\&|HIS||EAI|YILIAN|20260305093012||ADT^A01^ADT_A01|A1|P|2.4||||||UNICODE UTF-8',
    'EVN|A01|20260305093000',
    'PID|1||0001023456^^^0001^PI||王建国||19580312|M',
    'PV1|1|I|0305^心内科^12||||||||||||||||ZY1|||||||||||||||||||||||||20260305091500',
    `DG1|1||^${diagnosis}||20260305|A`,
  ].join('\r')

export interface People {
  engine: string
  loader: string
  /** two terminologists of H1 */
  wang: string
  li: string
  /** of H2 */
  zhao: string
  engine2: string
}

export async function people(server: TestServer): Promise<People> {
  const loader = await server.token('loader')
  // One number, as two people typed it.
  const wangToo = { ...practitioner('wang-too'), identifier: [{ system: 'urn:test:staff', value: 'w-1' }] }
  const wang = { ...practitioner('wang'), identifier: [{ system: 'urn:test:staff', value: 'W1' }] }
  await putAll(server, loader, [wang, wangToo, practitioner('li'), practitioner('zhao')])
  return tokensOf(server)
}

/** A token is for one server. */
export async function tokensOf(server: TestServer): Promise<People> {
  const as = (client: string, user: string) => server.token(client, { user: `Practitioner/${user}` })
  return {
    loader: await server.token('loader'),
    engine: await server.token('h1-engine'),
    engine2: await server.token('h2-engine'),
    wang: await as('h1-terms', 'wang'),
    li: await as('h1-terms', 'li'),
    zhao: await as('h2-terms', 'zhao'),
  }
}

export const send = (server: TestServer, source: string, token: string, message: string): Promise<Answer> =>
  server.call('POST', `/ingest/${source}`, { token, body: message, headers: { 'Content-Type': 'application/hl7-v2' } })

export const get = (server: TestServer, token: string, path: string): Promise<Answer> =>
  server.call('GET', `/code-mapping/${path}`, { token })

export const post = (server: TestServer, token: string, path: string, body: object | string): Promise<Answer> => {
  const options: CallOptions = { token, body, headers: { 'Content-Type': 'application/json' } }
  return server.call('POST', `/code-mapping/${path}`, options)
}

/** Proposed by one and confirmed by the other. */
export async function agree(
  server: TestServer,
  { wang, li }: Pick<People, 'wang' | 'li'>,
  id: string,
  meaning: object | undefined,
): Promise<Answer> {
  const proposed = await post(server, wang, meaning ? 'propose' : 'withdraw', { id, ...meaning })
  if (proposed.status !== 200) throw new Error(proposed.text)
  return post(server, li, 'confirm', { id, proposal: proposed.json.pending.id })
}

export async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
}

/** Until no job of the code is under way; answers the newest. */
export const settled = (server: TestServer, token: string, id: string) =>
  until(async () => {
    const { jobs } = (await get(server, token, `jobs?id=${encodeURIComponent(id)}`)).json
    return jobs.every((job: { status: string }) => job.status !== 'accepted') ? jobs[0] : undefined
  })

export const EQUIVALENT = { system: LOINC, code: LEUKOCYTES, equivalence: 'equivalent' }

/** Id of a laboratory's code on the list. */
export const idOf = (code: string, source = 'h1-lis', organization = 'H1'): string => `${source}|lab-item|${labItems(organization)}|${code}`

/** Code of the first issue of an OperationOutcome. */
export const issueOf = (json: { issue?: { details: { coding: { code: string }[] } }[] }): string | undefined =>
  json.issue?.[0]?.details.coding[0]?.code

/** A server with the people of both hospitals; of H1's laboratory these codes are on the list, each from the one report. */
export async function siteWith(
  items: readonly (string | { code: string; name: string })[],
  options: TestServerOptions = {},
): Promise<{ server: TestServer; who: People }> {
  const server = await startTestServer(options)
  const who = await people(server)
  const named = items.map((item) => (typeof item === 'string' ? { code: item, name: `项目${item}` } : item))
  if (named.length > 0) await send(server, 'h1-lis', who.engine, report('1', named))
  return { server, who }
}
