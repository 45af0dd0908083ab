/** What takes something from a resource on follows every change of it, also where it says less than before. */
import { describe, expect, test } from '@jest/globals'
import { condition, encounter, patient, SYSTEM, site } from './fixture.ts'

const at = site()

async function classOf(type: string, id: string): Promise<Record<string, unknown>> {
  const doc = await at.store.read(SYSTEM, type, id)
  const row = await at.store.table<{ _id: number; def: string }>(SYSTEM, 'policy_classes').get(doc?.acc.s ?? -1)
  return JSON.parse(row?.def ?? '{}') as Record<string, unknown>
}

const DOCUMENT_TYPES = 'https://fhir-cn.example/CodeSystem/wst500-document'
const documentOf = (code: string): object => ({
  resourceType: 'DocumentReference',
  id: 'd',
  status: 'current',
  type: { coding: [{ system: DOCUMENT_TYPES, code }] },
  subject: { reference: 'Patient/p' },
  content: [{ attachment: { url: 'Binary/b' } }],
})
const binary = {
  resourceType: 'Binary',
  id: 'b',
  contentType: 'text/plain',
  data: 'eA==',
  securityContext: { reference: 'DocumentReference/d' },
}
const told = { meta: { source: 'https://fhir-cn.example/source/miis/miis' } }
const provenance = (target: string): object => ({
  resourceType: 'Provenance',
  id: 'pr',
  target: [{ reference: target }],
  recorded: '2026-03-09T08:00:00Z',
  agent: [{ who: { reference: 'Organization/H1' } }],
})

describe('another version of it', () => {
  test('is a document of another kind: so are its bytes', async () => {
    await at.put('H1', [patient('p')])
    await at.put('H1', [documentOf('C0002')])
    await at.put('H1', [binary])
    const before = await classOf('Binary', 'b')
    expect(before.docType).toBe((await classOf('DocumentReference', 'd')).docType)
    await at.put('H1', [documentOf('C0033')])
    const after = await classOf('Binary', 'b')
    expect(after.docType).not.toBe(before.docType)
    expect(after.docType).toBe((await classOf('DocumentReference', 'd')).docType)
  })

  test('is not told by the insurance any more: nor is what was said about it', async () => {
    await at.put('H1', [patient('q'), encounter('e', 'q', told)])
    await at.put('H1', [provenance('Encounter/e')])
    expect(await classOf('Provenance', 'pr')).toMatchObject({ fromInsurance: true })
    await at.put('H1', [encounter('e', 'q')])
    expect(await classOf('Encounter', 'e')).toMatchObject({ fromInsurance: false })
    expect(await classOf('Provenance', 'pr')).toMatchObject({ fromInsurance: false })
  })

  test('is not sensitive any more: nor is the list of it', async () => {
    await at.put('H1', [patient('r'), condition('c', 'r', 'B20')])
    const entry = [{ item: { reference: 'Condition/c' } }]
    await at.put('H1', [{ resourceType: 'List', id: 'l', status: 'current', mode: 'working', subject: { reference: 'Patient/r' }, entry }])
    expect((await classOf('List', 'l')).labels).toContain('HIV')
    await at.put('H1', [condition('c', 'r', 'I10')])
    expect((await classOf('List', 'l')).labels).toEqual([])
  })
})
