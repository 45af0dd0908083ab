/** Joining Patients over HTTP. */
import type { Answer, TestServer } from './server.ts'

export const parametersOf = (source: string, target: string, ...more: object[]): object => ({
  resourceType: 'Parameters',
  parameter: [
    { name: 'source-patient', valueReference: { reference: `Patient/${source}` } },
    { name: 'target-patient', valueReference: { reference: `Patient/${target}` } },
    ...more,
  ],
})

const call = async (server: TestServer, code: string, body: object): Promise<Answer> =>
  server.call('POST', `/fhir/Patient/$${code}`, { token: await server.token('loader'), body })

export const merge = (server: TestServer, source: string, target: string, ...more: object[]): Promise<Answer> =>
  call(server, 'merge', parametersOf(source, target, ...more))

export const unmerge = (server: TestServer, source: string, target: string): Promise<Answer> =>
  call(server, 'unmerge', parametersOf(source, target))

/** @throws Error with the answer */
export async function merged(server: TestServer, source: string, target: string): Promise<void> {
  const answer = await merge(server, source, target)
  if (answer.status !== 200) throw new Error(`$merge answered ${answer.status} ${answer.text}`)
}

/** @throws Error with the answer */
export async function unmerged(server: TestServer, source: string, target: string): Promise<void> {
  const answer = await unmerge(server, source, target)
  if (answer.status !== 200) throw new Error(`$unmerge answered ${answer.status} ${answer.text}`)
}
