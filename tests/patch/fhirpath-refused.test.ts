/** FHIRPath Patch that is refused: each error of R4 fhirpatch.html, with the operation or part that is wrong. */
import { describe, expect, test } from '@jest/globals'
import { parseFhirPathPatch } from '../../server/interactions/fhirpath-patch.ts'
import { OutcomeError } from '../../server/outcome/outcome-error.ts'
import { add, apply, insert, move, type Parts, patient, remove, replace } from './operations.ts'

/** Code and expression of what is thrown. */
function failure(run: () => unknown): (string | undefined)[] {
  try {
    run()
  } catch (error) {
    if (error instanceof OutcomeError) return [error.issues[0]?.code, error.issues[0]?.expression?.[0]]
    throw error
  }
  return []
}

describe('refused, by the operation that is wrong', () => {
  const fine = replace('Patient.active', { valueBoolean: false })
  const before = '"active":true,"birthDate":"1920","name":[{"given":["a"]},{"given":["b"]}],"identifier":[{"value":"1"}]'
  const OP = 'Parameters.parameter[1]'
  test.each<[string, Parts, string, string?]>([
    ['replace of nothing', replace('Patient.gender', { valueCode: 'male' }), 'patch-path'],
    ['add at nothing', add('Patient.contact[0]', 'gender', { valueCode: 'male' }), 'patch-path'],
    ['add within what is not there', add('Patient.identifier[0].period', 'end', { valueDate: '2021' }), 'patch-path'],
    ['insert within what is not there', insert('Patient.contact.telecom', 0, { valueContactPoint: { value: '1' } }), 'patch-path'],
    ['insert where a filter finds nothing', insert("Patient.name.where(use = 'old')", 0, { valueHumanName: { text: 'x' } }), 'patch-path'],
    ['insert into what an operator makes', insert('Patient.contact | Patient.photo', 0, { valueAttachment: { title: 'x' } }), 'patch-path'],
    ['insert behind the end of nothing', insert('Patient.telecom', 1, { valueContactPoint: { value: '1' } }), 'patch-index'],
    ['insert into no list, which is not there', insert('Patient.gender', 0, { valueCode: 'male' }), 'patch-list'],
    ['insert into the same list of several', insert('Patient.name.prefix', 0, { valueString: 'x' }), 'patch-several'],
    ['insert of another type', insert('Patient.telecom', 0, { valueHumanName: { text: 'x' } }), 'patch-type', `${OP}.part[3]`],
    ['move in nothing', move('Patient.contact', 0, 0), 'patch-path'],
    ['delete of the resource', remove('Patient'), 'patch-path'],
    ['replace of the resource', replace('Patient', { resource: { resourceType: 'Patient' } }), 'patch-path'],
    ['delete of several', remove('Patient.name'), 'patch-several'],
    ['replace of several', replace('Patient.name.given', { valueString: 'x' }), 'patch-several'],
    ['add to several', add('Patient.name', 'family', { valueString: 'x' }), 'patch-several'],
    ['insert into lists', insert('Patient.name.given', 0, { valueString: 'x' }), 'patch-list'],
    ['insert into a part of a list', insert('Patient.name[1]', 0, { valueHumanName: { text: 'x' } }), 'patch-list'],
    ['insert where there is no list', insert('Patient.active', 0, { valueBoolean: true }), 'patch-list'],
    ['move where there is no list', move('Patient.birthDate', 0, 0), 'patch-list'],
    ['insert behind the end', insert('Patient.identifier', 2, { valueIdentifier: { value: 'x' } }), 'patch-index'],
    ['move from behind the end', move('Patient.identifier', 1, 0), 'patch-index'],
    ['move to behind the end', move('Patient.name', 0, 2), 'patch-index'],
    ['add of what is there', add('Patient', 'birthDate', { valueDate: '1930' }), 'patch-exists'],
    [
      'a part twice',
      add('Patient', 'contact', {
        part: [
          { name: 'gender', valueCode: 'male' },
          { name: 'gender', valueCode: 'male' },
        ],
      }),
      'patch-exists',
      `${OP}.part[3].part[1]`,
    ],
    ['an element that there is not', add('Patient', 'nmae', { valueString: 'x' }), 'unknown-element', `${OP}.part[3]`],
    ['an element of JavaScript', add('Patient', 'constructor', { valueString: 'x' }), 'unknown-element', `${OP}.part[3]`],
    ['__proto__', add('Patient', '__proto__', { valueString: 'x' }), 'unknown-element', `${OP}.part[3]`],
    [
      'an element of a part that there is not',
      add('Patient', 'contact', { part: [{ name: 'x', valueCode: 'x' }] }),
      'unknown-element',
      `${OP}.part[3].part[0]`,
    ],
    ['another type', replace('Patient.birthDate', { valueBoolean: true }), 'patch-type', `${OP}.part[2]`],
    ['a type that a choice does not have', add('Patient', 'deceased', { valueString: 'x' }), 'patch-type', `${OP}.part[3]`],
    ['a primitive for a datatype', add('Patient', 'maritalStatus', { valueString: 'x' }), 'patch-type', `${OP}.part[3]`],
    ['a datatype for a primitive', add('Patient', 'gender', { valueCoding: { code: 'male' } }), 'patch-type', `${OP}.part[3]`],
    ['parts for a primitive', add('Patient', 'gender', { part: [{ name: 'x', valueCode: 'x' }] }), 'patch-type', `${OP}.part[3]`],
    ['parts for a choice', add('Patient', 'deceased', { part: [{ name: 'x', valueCode: 'x' }] }), 'patch-type', `${OP}.part[3]`],
    ['a resource for a datatype', add('Patient', 'maritalStatus', { resource: { resourceType: 'Basic' } }), 'patch-type', `${OP}.part[3]`],
    ['a dateTime for a date', replace('Patient.birthDate', { valueDateTime: '1930-01-01' }), 'patch-type', `${OP}.part[2]`],
    ['no FHIRPath', remove('Patient..name['), 'patch-expression'],
    ['an empty path', remove(''), 'patch-expression'],
    ['what is computed', replace('Patient.name.count()', { valueInteger: 3 }), 'patch-expression'],
    ['a literal', replace("'x'", { valueString: 'y' }), 'patch-expression'],
    ['another resource', remove('Patient.managingOrganization.resolve().name'), 'patch-expression'],
    ['what would be written to a log', remove("Patient.name.trace('x')"), 'patch-expression'],
    ['a pattern', remove("Patient.name.where(text.matches('(a+)+$'))"), 'patch-expression'],
    ['everything', remove('Patient.descendants()'), 'patch-expression'],
    ['a variable', remove('%resource.name'), 'patch-expression'],
    ['a long path', remove(`Patient.name.where(${'true or '.repeat(200)}true)`), 'patch-expression'],
    ['deep parentheses', remove(`${'('.repeat(400)}Patient${')'.repeat(400)}`), 'patch-path'],
  ])('%s', (_name, parts, code, at = OP) => {
    expect(failure(() => apply(patient(before), fine, parts))).toEqual([code, at])
  })

  test('paths that cost too much together', () => {
    const many = { resourceType: 'Patient', name: Array.from({ length: 1000 }, () => ({ text: 'x' })) }
    const tests = Array.from({ length: 20 }, () => 'Patient.name.exists()').join(' and ')
    const costly = remove(`Patient.name.where(iif(${tests.replaceAll('Patient.name', '$this.text')}, true, true)).first()`)
    expect(failure(() => apply(many, ...Array.from({ length: 999 }, () => costly)))[0]).toBe('patch-costly')
  })
})

test('paths that are too long together, and not one that is there again and again', () => {
  const path = (n: number) => remove(`Patient.photo.where(${'not('.repeat(150)}title = '${n}'${')'.repeat(150)})`)
  const paths = Array.from({ length: 1000 }, (_, n) => path(n))
  expect(failure(() => apply(patient('"active":true'), ...paths))[0]).toBe('patch-costly')
  expect(apply(patient('"active":true'), ...paths.map(() => path(0)))).toBe(patient('"active":true'))
})

describe('Parameters that are no patch', () => {
  const parse = (body: unknown) => failure(() => parseFhirPathPatch(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))))
  const one = (...part: object[]) => ({ resourceType: 'Parameters', parameter: [{ name: 'operation', part }] })
  const [TYPE, PATH] = [
    { name: 'type', valueCode: 'delete' },
    { name: 'path', valueString: 'Patient.active' },
  ]
  const P = 'Parameters.parameter[0]'
  test.each<[string, unknown, string, string | undefined]>([
    ['no JSON', '{', 'json-invalid', undefined],
    ['a list', '[]', 'patch-invalid', 'resourceType'],
    ['null', 'null', 'patch-invalid', 'resourceType'],
    ['another resource', { resourceType: 'Patient' }, 'patch-invalid', 'resourceType'],
    ['a parameter that is no list', { resourceType: 'Parameters', parameter: {} }, 'patch-invalid', 'Parameters.parameter'],
    ['a parameter that is no object', { resourceType: 'Parameters', parameter: [1] }, 'patch-invalid', P],
    ['another parameter', { resourceType: 'Parameters', parameter: [{ name: 'x', part: [TYPE, PATH] }] }, 'patch-invalid', `${P}.name`],
    ['no parts', { resourceType: 'Parameters', parameter: [{ name: 'operation' }] }, 'patch-invalid', `${P}.part`],
    ['no type', one(PATH), 'patch-invalid', P],
    ['an unknown type', one({ name: 'type', valueCode: 'merge' }, PATH), 'patch-invalid', `${P}.part[0]`],
    ['a type of JavaScript', one({ name: 'type', valueCode: 'constructor' }, PATH), 'patch-invalid', `${P}.part[0]`],
    ['no path', one(TYPE), 'patch-invalid', P],
    ['a path that is no string', one(TYPE, { name: 'path', valueInteger: 1 }), 'patch-invalid', `${P}.part[1]`],
    ['a part twice', one(TYPE, PATH, PATH), 'patch-invalid', `${P}.part[2]`],
    ['a part that the operation does not have', one(TYPE, PATH, { name: 'index', valueInteger: 0 }), 'patch-invalid', `${P}.part[2]`],
    ['an unknown part', one(TYPE, PATH, { name: 'paht', valueString: 'x' }), 'patch-invalid', `${P}.part[2]`],
    [
      'an index below 0',
      one({ name: 'type', valueCode: 'move' }, PATH, { name: 'source', valueInteger: -1 }, { name: 'destination', valueInteger: 0 }),
      'patch-invalid',
      `${P}.part[2]`,
    ],
    [
      'an index that is no integer',
      one({ name: 'type', valueCode: 'move' }, PATH, { name: 'source', valueDecimal: 1.5 }, { name: 'destination', valueInteger: 0 }),
      'patch-invalid',
      `${P}.part[2]`,
    ],
    ['an unknown member', one({ ...TYPE, foo: 1 }, PATH), 'patch-invalid', `${P}.part[0].name`],
    ['a NUL character', one(TYPE, { name: 'path', valueString: 'a\u0000' }), 'patch-invalid', undefined],
    [
      'too many',
      { resourceType: 'Parameters', parameter: Array(1001).fill({ name: 'operation' }) },
      'patch-invalid',
      'Parameters.parameter[1000]',
    ],
  ])('%s', (_name, body, code, at) => {
    expect(parse(body)).toEqual([code, at])
  })

  test.each<[string, object]>([
    ['nothing', {}],
    ['two values', { valueBoolean: true, valueString: 'x' }],
    ['a value and parts', { valueBoolean: true, part: [] }],
    ['no datatype', { valueNonsense: 1 }],
  ])('a value that is %s', (_name, value) => {
    expect(failure(() => apply(patient('"active":true'), replace('Patient.active', value)))).toEqual(['patch-invalid', `${P}.part[2]`])
  })
})
