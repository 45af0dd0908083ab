/** A doctor of another hospital than the one that sent what is told: what he sees, the consents of his patient decide. */
import { encounter, practitioner, putAll, relabelled } from '../consent/resources.ts'
import type { TestServer } from '../support/server.ts'

/** @returns the token of a doctor of H2, who treats the person (`Patient/` id) there once all is labelled */
export async function otherWard(server: TestServer, person: string): Promise<string> {
  await putAll(server, await server.token('loader'), [practitioner('doc-2'), encounter('visit-h2', person, 'H2', 'Practitioner/doc-2')])
  await relabelled(server)
  return server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' })
}
