/** What is stored of results, for tests that send several messages about one report. */
import { expect } from '@jest/globals'
import type { Rig } from './support.ts'

/** Of all results that are stored, sorted, what is told of each. Every one is in its report, and the report names no other. */
export async function storedResults<T extends { id: string }>(rig: Rig, told: (result: T) => string): Promise<string[]> {
  const results = (await rig.all('Observation')) as unknown as T[]
  const reports = (await rig.all('DiagnosticReport')) as unknown as { result: { reference: string }[] }[]
  const named = reports.flatMap(({ result }) => result.map(({ reference }) => reference))
  expect(named.sort()).toEqual(results.map(({ id }) => `Observation/${id}`).sort())
  return results.map(told).sort()
}
