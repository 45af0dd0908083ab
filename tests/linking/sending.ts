/** Admissions as two hospitals send them, and what is asked of their links. */
import { idCheckCharacter } from '../../server/fhir/identity-number.ts'
import type { Answer, CallOptions, TestServer } from '../support/server.ts'

/** With the check character that belongs to it. */
export const valid = (first17: string): string => first17 + idCheckCharacter(first17)

export interface Admitted {
  house?: 'H1' | 'H2'
  /** the hospital's number of the patient */
  pi: string
  name: string
  birth?: string
  sex?: 'F' | 'M'
  number?: string
  phone?: string
  address?: string
  /** the hospital's number of the stay; one of its own where nothing is said */
  visit?: string
  time?: string
}

let messages = 0

export function admission(admitted: Admitted): string {
  const { house = 'H1', pi, name, birth = '', sex = 'F', number, phone = '', address = '', time = '20260305093000' } = admitted
  const facility = house === 'H1' ? '0001' : '0002'
  const numbers = [`${pi}^^^${facility}^PI`, ...(number === undefined ? [] : [`${number}^^^MPS^NI`])].join('~')
  const visit = admitted.visit ?? `V${pi}`
  messages++
  return [
    `MSH|^~\\&|HIS|${facility}|EAI|YILIAN|${time}||ADT^A01^ADT_A01|L${messages}|P|2.4||||||UNICODE UTF-8`,
    `EVN|A01|${time}`,
    `PID|1||${numbers}||${name}||${birth}|${sex}|||${address}||${phone}`,
    `PV1|1|I|0305^心内科^12||||||||||||||||${visit}|||||||||||||||||||||||||${time}`,
  ].join('\r')
}

export async function admit(server: TestServer, admitted: Admitted, token?: string): Promise<Answer> {
  const source = (admitted.house ?? 'H1') === 'H1' ? 'h1-his' : 'h2-his'
  const answer = await server.call('POST', `/ingest/${source}`, {
    ...(token === undefined ? {} : { token }),
    body: admission(admitted),
    headers: { 'Content-Type': 'application/hl7-v2' },
  })
  if (answer.status !== 200) throw new Error(answer.text)
  return answer
}

export const asked = (server: TestServer, path: string, token?: string): Promise<Answer> =>
  server.call('GET', `/linking/${path}`, token === undefined ? {} : { token })

export const said = (server: TestServer, path: string, body: object, token?: string): Promise<Answer> => {
  const options: CallOptions = { body, headers: { 'Content-Type': 'application/json' }, ...(token === undefined ? {} : { token }) }
  return server.call('POST', `/linking/${path}`, options)
}

export interface Task {
  id: string
  state: string
  doubt: string
  score: number
  levels: Record<string, string>
  records: { patient: string; organization: string; shown?: Record<string, unknown> }[]
}

export const tasksOf = async (server: TestServer, query = '', token?: string): Promise<Task[]> =>
  (await asked(server, `tasks?count=100&${query}`, token)).json.tasks
