/** What every client does, in this order: the one list, by which the programs in all languages report. */

export const STEPS = {
  start: 'finds the server (CapabilityStatement, SMART configuration, its own login)',
  create: 'creates, and is told id and version; the same again under If-None-Exist',
  read: 'reads the resource and its version back, Chinese as it was sent',
  update: 'updates with If-Match; a stale version is refused with 412',
  chain: 'searches by a chain (Observation by the name of its patient, in pinyin) and by _has',
  include: 'searches with _include and _revinclude',
  paging: 'follows the links through all pages, each match once',
  post: 'searches by POST to _search',
  transaction: 'a transaction whose entries refer to each other by urn:uuid',
  batch: 'a batch, of whose entries one fails alone',
  patch: 'patches (JSON Patch, or what the client has in its place)',
  fhirPathPatch: 'patches by FHIRPath Patch',
  history: 'reads the history of a resource',
  historyMany: 'reads the history of a type and of the system',
  everything: 'calls Patient/[id]/$everything',
  validate: 'calls $validate for a right and a wrong resource',
  export: 'exports: kick-off, status, files',
  delete: 'deletes; a read is then 410',
  error: 'understands the OperationOutcome of an error',
} as const

export type Step = keyof typeof STEPS

export interface Result {
  step: Step
  /** `none`: the client has no such call */
  outcome: 'passed' | 'failed' | 'none'
  /** of what failed and of what there is none */
  reason?: string
}

/** The client has no call for it: a reason, and no failure of the server. */
export class NoSuchCall extends Error {}

/** @throws Error with what was expected and what came */
export function expectThat(what: string, is: unknown, expected: unknown): void {
  if (JSON.stringify(is) !== JSON.stringify(expected)) throw new Error(`${what}: ${JSON.stringify(is)}, not ${JSON.stringify(expected)}`)
}

/** Runs the steps in their order; one that fails stops none of the others. */
export async function runSteps(steps: Record<Step, () => Promise<void>>): Promise<Result[]> {
  const results: Result[] = []
  for (const step of Object.keys(STEPS) as Step[]) results.push(await runStep(step, steps[step]))
  return results
}

async function runStep(step: Step, run: () => Promise<void>): Promise<Result> {
  try {
    await run()
    return { step, outcome: 'passed' }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { step, outcome: error instanceof NoSuchCall ? 'none' : 'failed', reason }
  }
}
