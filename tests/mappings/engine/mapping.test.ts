import { describe, expect, test } from '@jest/globals'
import type { Condition, Observation } from '@medplum/fhirtypes'
import { keys } from '../../../mappings/engine/keys.ts'
import { mapping, runMapping } from '../../../mappings/engine/mapping.ts'
import { BEFORE_ALL } from '../../../mappings/engine/mention.ts'
import { RecordBuilder } from '../../../mappings/engine/record.ts'
import type { MappingContext } from '../../../mappings/engine/types.ts'

interface Row {
  visit?: string
  code?: string
  name?: string
  at?: string
  org?: string
  doctor?: string
  doctorName?: string
  sex?: string
  void?: string
  memo?: string
}

const context: MappingContext = {
  source: { id: 's', kind: 'hospital', organization: 'H1' },
  timezone: 'Asia/Shanghai',
  organization: (code) => (code === undefined ? 'H1' : code === '0002' ? 'H2' : `H1~${code}`),
  translate: (map, code) => (map === 'gb2261-1' && code === '1' ? { system: 'urn:sex', code: 'male', display: 'Male' } : undefined),
}
const statedAt = '2026-03-06T00:00:00.000Z'

const condition = mapping<Row, Condition>({
  source: 'test/row',
  to: 'Condition',
  profile: 'cn-condition',
  id: ['visit', 'code'],
  organization: 'org',
  when: (row) => row.void !== 'skip',
  withdrawn: (row) => row.void === '2',
  rules: (from) => ({
    code: from.coded('diagnosis', 'code', 'name').required(),
    subject: from.patient(),
    encounter: from.encounter('visit').required(),
    recordedDate: from.dateTime('at'),
    asserter: from.practitioner('doctor', 'doctorName'),
    note: [{ authorString: 'fixed', text: from.text('memo') }],
  }),
})
const run = (row: Row) => runMapping(condition, row, context, { statedAt })

describe('a required input that is missing', () => {
  test('names the field, and the row makes nothing', () => {
    const result = run({ visit: 'V1', code: '-', name: ' ' })
    expect(result.mapped).toBeUndefined()
    expect(result.issues).toEqual([{ severity: 'error', code: 'mapping-required', at: 'code', text: 'test/row' }])
  })

  test('in the words of the payload', () => {
    const result = runMapping(condition, { code: 'I10' }, context, { statedAt, at: (field) => `input.dx[3].${field}` })
    expect(result.issues.map((issue) => issue.at)).toEqual(['input.dx[3].visit'])
  })

  test('issues never hold a value', () => {
    const result = run({ visit: 'V1', code: 'I10', at: '王建国19580312' })
    expect(result.issues).toEqual([{ severity: 'warning', code: 'mapping-date-invalid', at: 'at', text: 'test/row' }])
    expect(result.mapped?.resource).not.toHaveProperty('recordedDate')
  })
})

describe('a row', () => {
  test('absent input gives an absent element, with the constants beside it', () => {
    const { mapped } = run({ visit: 'V1', code: 'I10', memo: '/', doctor: '-' })
    expect(mapped?.resource).toEqual({
      resourceType: 'Condition',
      meta: { profile: ['https://fhir-cn.example/StructureDefinition/cn-condition'] },
      code: { coding: [{ system: 'https://fhir-cn.example/CodeSystem/diagnosis', code: 'I10' }], text: 'I10' },
      subject: { $patient: true },
      encounter: { $key: { type: 'Encounter', scope: 'H1', parts: ['V1'] } },
    })
  })

  test('what was read is noted, what is referred to is mentioned', () => {
    const { read, mentioned } = run({ visit: 'V1', code: 'I10', doctor: 'D1', doctorName: '赵医生' })
    expect([...read].sort()).toEqual(['at', 'code', 'doctor', 'doctorName', 'memo', 'name', 'org', 'visit', 'void'])
    expect(mentioned.map(({ key, placeholder, statedAt: said }) => [key, placeholder, said])).toEqual([
      [{ type: 'Encounter', scope: 'H1', parts: ['V1'] }, true, BEFORE_ALL],
      [{ type: 'Practitioner', scope: 'H1', parts: ['D1', '赵医生'] }, true, BEFORE_ALL],
    ])
  })

  test('a name without a number is a display only', () =>
    expect(run({ visit: 'V1', code: 'I10', doctorName: '赵医生' }).mapped?.resource.asserter).toEqual({ display: '赵医生' }))

  test('numbers belong to the institution that the row names', () => {
    expect(run({ visit: 'V1', code: 'I10', org: '0002' }).mapped?.key).toEqual({ type: 'Condition', scope: 'H2', parts: ['V1', 'I10'] })
    expect(run({ visit: 'V1', code: 'I10', org: '0009' }).mapped?.key).toMatchObject({ scope: 'H1~0009' })
  })

  test('when and withdrawn', () => {
    expect(run({ visit: 'V1', code: 'I10', void: 'skip' })).toMatchObject({ issues: [], unmapped: [] })
    expect(run({ visit: 'V1', code: 'I10', void: 'skip' }).mapped).toBeUndefined()
    expect(run({ visit: 'V1', code: 'I10', void: '2' }).mapped?.state).toBe('withdrawn')
    expect(run({ visit: 'V1', code: 'I10' }).mapped?.state).toBe('current')
  })

  test('the same row gives the same result', () => {
    const row = { visit: 'V1', code: 'I10', name: '高血压', at: '20260306' }
    expect(run(row)).toEqual(run(row))
  })
})

describe('codes (D26)', () => {
  const sex = (code: string) =>
    runMapping(
      mapping<Row, Observation>({
        source: 'test/sex',
        to: 'Observation',
        id: ['visit'],
        rules: (from) => ({
          code: from.coded('gb2261-1', 'sex', 'name', { system: (scope) => `urn:${scope}` }),
          status: from.codedCode('gb2261-1', 'sex'),
        }),
      }),
      { visit: 'V1', sex: code, name: '男' },
      context,
      { statedAt },
    )

  test('the target first, the original behind it', () =>
    expect(sex('1').mapped?.resource.code).toEqual({
      coding: [
        { system: 'urn:sex', code: 'male', display: 'Male' },
        { system: 'urn:H1', code: '1', display: '男' },
      ],
      text: '男',
    }))

  test('without a target the original stays and goes to the work list; a plain code is left out', () => {
    const result = sex('7')
    expect(result.mapped?.resource.code).toEqual({ coding: [{ system: 'urn:H1', code: '7', display: '男' }], text: '男' })
    expect(result.mapped?.resource).not.toHaveProperty('status')
    expect(result.unmapped).toEqual([{ map: 'gb2261-1', system: 'urn:H1', code: '7', display: '男' }])
    expect(result.issues).toEqual([{ severity: 'warning', code: 'mapping-code-unmapped', at: 'sex', text: 'test/sex' }])
  })
})

test('orAbsent says why a primitive or complex element has no value', () => {
  const observation = mapping<Row, Observation>({
    source: 'test/absent',
    to: 'Observation',
    id: ['visit'],
    rules: (from) => ({ effectiveDateTime: from.dateTime('at').orAbsent(), code: from.coded('specimen', 'code').orAbsent('masked') }),
  })
  const absent = (valueCode: string) => ({ extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode }] })
  expect(runMapping(observation, { visit: 'V1' }, context, { statedAt }).mapped?.resource).toEqual({
    resourceType: 'Observation',
    _effectiveDateTime: absent('unknown'),
    code: absent('masked'),
  })
})

describe('a record', () => {
  test('a placeholder gives way to a statement, in either order; unread fields are listed', () => {
    for (const order of [0, 1]) {
      const record = new RecordBuilder(context, { recordType: 'T', deliveryId: '1', at: 'message 1' })
      const own = {
        key: keys.encounter('H1', 'V1'),
        resource: { resourceType: 'Encounter', status: 'finished' },
        state: 'current' as const,
        statedAt,
      }
      if (order === 0) record.add(own)
      record.run(condition, { visit: 'V1', code: 'I10', sex: '1' } as Row, { statedAt })
      if (order === 1) record.add(own)
      const finished = record.finish()
      expect(finished.resources.filter(({ resource }) => resource.resourceType === 'Encounter')).toEqual([own])
      expect(finished.unread).toEqual(['sex'])
    }
  })

  test('a field that another name covers is read', () => {
    const record = new RecordBuilder(context, { recordType: 'T', deliveryId: '1', at: 'message 1' })
    record.offerNamed('PID-3[2].1', ['PID-3'])
    record.offerNamed('PID-4.1')
    record.noteRead('PID-3')
    expect(record.finish().unread).toEqual(['PID-4.1'])
  })
})

// Types: a field that the row lacks and an element of the wrong type do not compile (tsc runs over this file).
mapping<Row, Condition>({
  source: 'test/types',
  to: 'Condition',
  id: ['visit'],
  rules: (from) => ({
    // @ts-expect-error no such field
    recordedDate: from.dateTime('nothing'),
    // @ts-expect-error a date is no CodeableConcept
    code: from.dateTime('at'),
  }),
})
