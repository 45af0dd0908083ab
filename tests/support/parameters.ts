/** Waits until the search parameters that operators wrote are ready. */
import { setTimeout } from 'node:timers/promises'
import type { TestServer } from './server.ts'

interface Part {
  name: string
  valueBoolean?: boolean
  part?: Part[]
}

export async function parametersReady(server: TestServer, operator: string): Promise<void> {
  for (;;) {
    const { json } = await server.call('GET', '/fhir/$reindex-status', { token: operator })
    const parameters = ((json.parameter ?? []) as Part[]).filter(({ name }) => name === 'parameter')
    if (parameters.every(({ part = [] }) => part.some((one) => one.name === 'ready' && one.valueBoolean === true))) return
    await setTimeout(20)
  }
}
