/** UCUM: its codes are made by a grammar, so that each can be judged and none can be listed. */
import { UCUM_SYSTEM, ucumUnit } from '../fhir/ucum.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { CodeSystem, Concept } from './code-system.ts'

export function ucumSystem(): CodeSystem {
  const lookup = async (code: string): Promise<Concept | undefined> =>
    ucumUnit(code) ? { code, display: code, designations: [], properties: [], abstract: false, inactive: false } : undefined
  const none = async (): Promise<readonly string[]> => []
  return {
    url: UCUM_SYSTEM,
    name: 'UCUM',
    content: 'complete',
    hierarchical: false,
    lookup,
    parents: none,
    children: none,
    isUnder: async () => false,
    under: async (code) => [code],
    over: async (code) => [code],
    // biome-ignore lint/correctness/useYield: it has nothing to give
    async *select() {
      throw new OutcomeError('code-system-content')
    },
    matches: async (code, filters) => {
      const [filter] = filters
      if (filter) throw new OutcomeError('value-set-filter', { expression: [filter.at] })
      return (await lookup(code)) !== undefined
    },
  }
}
