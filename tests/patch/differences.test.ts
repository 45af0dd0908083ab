/** Differences as a FHIRPath Patch: what is done to the first makes the second, digit for digit, whatever the two are. */
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { applyFhirPathPatch, parseFhirPathPatch } from '../../server/interactions/fhirpath-patch.ts'
import { type Json, type JsonObject, parseMarked, printMarked } from '../../server/interactions/marked-json.ts'
import { differences } from '../../server/operations/diff/compare.ts'
import { parametersOf } from '../../server/operations/diff/parameters.ts'
import { loadBase } from '../../server/validation/base.ts'
import { resourceText } from '../fhir-xml/arbitrary.ts'
import { isSame } from '../fhir-xml/same.ts'

const { tree } = loadBase()
const TYPES = ['Patient', 'Observation', 'Bundle', 'Questionnaire', 'ValueSet', 'StructureDefinition', 'Composition', 'Parameters']

function diffOf(from: string, to: string): string {
  const [before, after] = [from, to].map((text) => parseMarked(text) as JsonObject)
  return printMarked(parametersOf(tree, differences(tree, before as JsonObject, after as JsonObject, new Set())))
}
const apply = (text: string, patch: string): string => applyFhirPathPatch(text, parseFhirPathPatch(Buffer.from(patch)))

test('of any two resources of one type', () => {
  const two = fc.tuple(fc.gen(), fc.constantFrom(...TYPES))
  fc.assert(
    fc.property(two, ([draw, type]) => {
      const [from, to] = [resourceText(draw, 4, type), resourceText(draw, 4, type)]
      expect(isSame(apply(from, diffOf(from, to)), to)).toBe(true)
    }),
    { numRuns: 60, endOnFailure: true },
  )
})

/** Marked as one: a digit behind `0` would make it none. */
const isNumber = (text: string): boolean => text.startsWith('\u0000')

/** The same with some of it taken away, said twice, in another order, or otherwise; nothing is left empty. */
function changed(value: Json, draw: fc.GeneratorValue): Json {
  const often = (max: number) => draw(() => fc.integer({ min: 0, max })) === 0
  if (Array.isArray(value)) {
    const items = value.flatMap((item) => (often(4) ? [] : often(4) ? [item, changed(item, draw)] : [changed(item, draw)]))
    const kept = items.length === 0 ? value : items
    return often(4) ? kept.toReversed() : kept
  }
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).flatMap(([key, inner]): [string, Json][] => {
    // A value and what stands beside it stay as they are, so that their lists keep step.
    const isPair = key.startsWith('_') || Object.hasOwn(value, `_${key}`)
    if (key === 'resourceType' || isPair) return [[key, inner]]
    return often(5)
      ? []
      : [[key, typeof inner === 'string' && key !== 'div' && !isNumber(inner) ? inner + (often(2) ? '1' : '') : changed(inner, draw)]]
  })
  return entries.length === 0 ? value : Object.fromEntries(entries)
}

test('of a resource and what became of it', () => {
  fc.assert(
    fc.property(fc.gen(), fc.constantFrom(...TYPES), (draw, type) => {
      const from = resourceText(draw, 5, type)
      const to = printMarked(changed(parseMarked(from), draw))
      expect(isSame(apply(from, diffOf(from, to)), to)).toBe(true)
    }),
    { numRuns: 60, endOnFailure: true },
  )
})

test('of a resource and itself there are none', () => {
  fc.assert(
    fc.property(fc.gen(), (draw) => {
      const text = resourceText(draw, 4)
      expect(diffOf(text, text)).toBe('{"resourceType":"Parameters"}')
    }),
    { numRuns: 50 },
  )
})
