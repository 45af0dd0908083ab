/** Who sees what: relations, kin, parties, special types. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { Actor } from '../../server/auth/actor.ts'
import { verification } from '../consent/resources.ts'
import { actor, condition, encounter, hospital, patient, SYSTEM, sees, site } from './fixture.ts'

const clock = { now: new Date('2025-06-01T00:00:00Z') }
const at = site({ now: () => clock.now })

const look = (who: Actor, type: string, id: string) => sees(at.access, at.store, who, type, id)

const participant = (practitioner: string, type?: string) => ({
  individual: { reference: `Practitioner/${practitioner}` },
  ...(type ? { type: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: type }] }] } : {}),
})

const NO_TREATMENT = {
  identifier: [{ system: 'https://fhir-cn.example/sid/consent-series', value: 'no-treatment' }],
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
  dateTime: '2025-05-01',
  policyRule: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OPTOUT' }] },
}

beforeAll(async () => {
  await at.put('H1', [patient('p1'), condition('p1-c', 'p1'), condition('p1-hiv', 'p1', 'B20')])
  await at.put('H1', [encounter('p1-e', 'p1', { participant: [participant('d1'), participant('d2', 'ATND')] })])
})

describe('treating', () => {
  const clinician = (user: string, organization = 'H1') => hospital(organization, { user: `Practitioner/${user}` })

  test('who takes part in a running visit, and nobody else', async () => {
    expect(await look(clinician('d1'), 'Condition', 'p1-c')).toBe(true)
    expect(await look(clinician('d9'), 'Condition', 'p1-c')).toBe(false)
    expect(await look(clinician('d1', 'H2'), 'Condition', 'p1-c')).toBe(false)
  })

  test('level 5 is for the primary team', async () => {
    expect(await look(clinician('d1'), 'Condition', 'p1-hiv')).toBe(false)
    expect(await look(clinician('d2'), 'Condition', 'p1-hiv')).toBe(true)
  })

  test('a client without a user has the relation of its organisation', async () => {
    expect(await look(hospital('H1'), 'Condition', 'p1-c')).toBe(true)
    expect(await look(hospital('H2'), 'Condition', 'p1-c')).toBe(false)
  })

  test('treatingDays after the end it is over', async () => {
    await at.put('H2', [
      patient('p2'),
      condition('p2-c', 'p2'),
      encounter('p2-e', 'p2', { status: 'finished', period: { start: '2025-05-01', end: '2025-05-10' } }),
    ])
    expect(await look(hospital('H2'), 'Condition', 'p2-c')).toBe(true)
    clock.now = new Date('2025-06-09T15:59:00Z')
    expect(await look(hospital('H2'), 'Condition', 'p2-c')).toBe(true)
    clock.now = new Date('2025-06-09T16:01:00Z')
    expect(await look(hospital('H2'), 'Condition', 'p2-c')).toBe(false)
    clock.now = new Date('2025-06-01T00:00:00Z')
  })

  test('another hospital that treats him sees what is not sensitive', async () => {
    await at.put('H2', [encounter('p1-h2', 'p1')])
    expect(await look(hospital('H2'), 'Condition', 'p1-c')).toBe(true)
    expect(await look(hospital('H2'), 'Condition', 'p1-hiv')).toBe(false)
    await at.remove('Encounter', 'p1-h2')
    expect(await look(hospital('H2'), 'Condition', 'p1-c')).toBe(false)
  })

  test('a planned or cancelled visit is none', async () => {
    await at.put('H3', [encounter('p1-h3', 'p1', { status: 'planned' })])
    expect(await look(hospital('H3'), 'Condition', 'p1-c')).toBe(false)
  })

  test('a CareTeam treats, and is primary', async () => {
    await at.put('H1', [
      {
        resourceType: 'CareTeam',
        id: 't1',
        status: 'active',
        subject: { reference: 'Patient/p1' },
        participant: [{ member: { reference: 'Practitioner/d3' } }],
      },
    ])
    expect(await look(clinician('d3'), 'Condition', 'p1-hiv')).toBe(true)
  })

  test('break-glass needs no relation', async () => {
    const doctor = hospital('H3', { purpose: 'BTG', breakGlassReason: '昏迷' })
    expect(await look(doctor, 'Condition', 'p1-hiv')).toBe(true)
    expect(await look({ ...doctor, role: 'admin' }, 'Condition', 'p1-hiv')).toBe(false)
    expect(await look(hospital('H3', { purpose: 'BTG' }), 'Condition', 'p1-hiv')).toBe(false)
  })
})

describe('an organisation that treats more than can be listed', () => {
  test('reads whom it treats, searches only with a patient', async () => {
    await at.put('H4', [
      patient('big'),
      condition('big-c', 'big'),
      encounter('big-e', 'big'),
      patient('small'),
      condition('small-c', 'small'),
    ])
    const relations = at.store.table<{ _id: string }>(SYSTEM, 'relations')
    const row = (n: number) => ({
      _id: `Encounter/many${n}`,
      patients: [],
      persons: [`many${n}`],
      organization: 'H4',
      users: [],
      primary: [],
      end: null,
    })
    await Promise.all(Array.from({ length: 2001 }, (_, n) => relations.insert(row(n))))
    const read = (id: string) => at.access.withDecision(hospital('H4'), {}, (decision) => at.store.read(decision, 'Condition', id))
    expect((await read('big-c'))?.id).toBe('big-c')
    expect(await read('small-c')).toBeUndefined()
    const search = (patients: string[]) =>
      at.access.withDecision(hospital('H4'), { patients }, (decision) => at.store.count(decision, 'Condition', { kind: 'everything' }))
    await expect(search([])).rejects.toThrow('too-costly')
    expect(await search(['big', 'small'])).toBe(1)
  })
})

describe('patient and family', () => {
  test('the patient sees his own record whole, and no other', async () => {
    expect(await look(actor('patient', { patient: 'p1' }), 'Condition', 'p1-hiv')).toBe(true)
    expect(await look(actor('patient', { patient: 'p2' }), 'Condition', 'p1-c')).toBe(false)
    expect(await look(actor('patient'), 'Condition', 'p1-c')).toBe(false)
  })

  test('a guardian of a child, of an adolescent, of an adult', async () => {
    const born = { child: '2015-01-01', teen: '2009-01-01', grown: '1985-01-01' }
    for (const [id, birthDate] of Object.entries(born)) {
      const relationship = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'MTH' }] }]
      await at.put('H1', [patient(id, { birthDate }), condition(`${id}-c`, id), condition(`${id}-sex`, id, 'O04')])
      await at.put('H1', [{ resourceType: 'RelatedPerson', id: `${id}-m`, patient: { reference: `Patient/${id}` }, relationship }])
      await at.put('H1', [verification(`${id}-m`)])
    }
    const guardian = (id: string) => actor('guardian', { user: `RelatedPerson/${id}-m` })
    const seen = await Promise.all(
      Object.keys(born).map(async (id) => [
        await look(guardian(id), 'Condition', `${id}-c`),
        await look(guardian(id), 'Condition', `${id}-sex`),
      ]),
    )
    expect(seen).toEqual([
      [true, true],
      [true, false],
      [false, false],
    ])
    expect(await look(guardian('child'), 'Condition', 'teen-c')).toBe(false)
  })

  test('of kinship the word of the RelatedPerson alone is no proof', async () => {
    const relationship = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'FTH' }] }]
    const father = { resourceType: 'RelatedPerson', id: 'boy-f', patient: { reference: 'Patient/boy' }, relationship }
    await at.put('H1', [patient('boy', { birthDate: '2015-01-01' }), condition('boy-c', 'boy'), father])
    const opens = () => look(actor('guardian', { user: 'RelatedPerson/boy-f' }), 'Condition', 'boy-c')
    expect(await opens()).toBe(false)
    const proofs: [string, object, boolean][] = [
      ['H2', verification('boy-f'), false],
      ['H1', verification('boy-f', 2), false],
      ['H1', verification('boy-f', 1, { target: [{ reference: 'RelatedPerson/boy-f' }] }), false],
      ['H1', verification('boy-f', 1, { target: [{ reference: 'RelatedPerson/boy-m/_history/1' }] }), false],
      ['H1', verification('boy-f', 1, { status: 'attested' }), false],
      ['H1', verification('boy-f', 1, { targetLocation: ['RelatedPerson.telecom'] }), false],
      ['H1', verification('boy-f', 1, { modifierExtension: [{ url: 'urn:not', valueBoolean: true }] }), false],
      ['H1', verification('boy-f', 1, { targetLocation: ['RelatedPerson.name', 'RelatedPerson.relationship'] }), true],
      ['', verification('boy-f'), true],
      ['H1', verification('boy-f'), true],
    ]
    for (const [custodian, proof, isProof] of proofs) {
      await at.put(custodian, [proof])
      expect([custodian, proof, await opens()]).toEqual([custodian, proof, isProof])
    }
    // Somebody else who may say so found it false.
    await at.put('', [{ ...verification('boy-f', 1, { status: 'val-fail' }), id: 'boy-f-doubted' }])
    expect(await opens()).toBe(false)
    await at.remove('VerificationResult', 'boy-f-doubted')
    expect(await opens()).toBe(true)
    // Written over, by whomever: what stands now nobody has looked into.
    await at.put('H1', [{ ...father, name: [{ text: '另一人' }] }])
    expect(await opens()).toBe(false)
    await at.put('H1', [verification('boy-f', 2)])
    expect(await opens()).toBe(true)
    await at.remove('VerificationResult', 'boy-f-verified')
    expect(await opens()).toBe(false)
  })

  test('a relative of the deceased', async () => {
    const relationship = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'SON' }] }]
    await at.put('H1', [
      patient('dead', { deceasedBoolean: true }),
      condition('dead-c', 'dead'),
      patient('living'),
      condition('living-c', 'living'),
    ])
    for (const id of ['dead', 'living']) {
      await at.put('H1', [{ resourceType: 'RelatedPerson', id: `${id}-s`, patient: { reference: `Patient/${id}` }, relationship }])
      await at.put('H1', [verification(`${id}-s`)])
    }
    expect(await look(actor('relative', { user: 'RelatedPerson/dead-s' }), 'Condition', 'dead-c')).toBe(true)
    expect(await look(actor('relative', { user: 'RelatedPerson/living-s' }), 'Condition', 'living-c')).toBe(false)
  })
})

describe('a linked child', () => {
  test('does not come of age by what one of its records says', async () => {
    await at.put('H1', [patient('kid', { birthDate: '2015-01-01' }), patient('kid-h1', { birthDate: '2015-01-01' })])
    await at.put('H2', [patient('kid-h2', { birthDate: '1950-01-01' })])
    await at.put('', [
      { resourceType: 'Consent', id: 'kid-k', status: 'active', patient: { reference: 'Patient/kid-h2' }, ...NO_TREATMENT },
    ])
    for (const id of ['kid-h1', 'kid-h2']) await at.access.relink(id, id, 'kid')
    const state = () => at.store.table<{ _id: string; birthDate: string | null }>(SYSTEM, 'access_state').get('kid')
    expect((await state())?.birthDate).toBe('2015-01-01')
    await at.put('H2', [patient('kid-h2', { birthDate: '1951-01-01' })])
    expect((await state())?.birthDate).toBe('2015-01-01')
    await at.put('H1', [patient('kid', { birthDate: '2015-01-02' })])
    expect((await state())?.birthDate).toBe('2015-01-02')
  })
})

describe('a study', () => {
  test('that is closed stops its researchers at once', async () => {
    const study = (status: string) => ({
      resourceType: 'ResearchStudy',
      id: 'closing',
      status,
      extension: [{ url: 'https://fhir-cn.example/StructureDefinition/ethics-approval', valueCode: 'waiver' }],
    })
    const who = actor('researcher', { organization: 'U1', form: 'PSEUD', study: 'closing' })
    await at.put('', [study('active')])
    await at.put('H1', [patient('studied'), condition('studied-c', 'studied')])
    expect(await look(who, 'Condition', 'studied-c')).toBe(true)
    await at.put('', [study('completed')])
    expect(await look(who, 'Condition', 'studied-c')).toBe(false)
  })
})

describe('types', () => {
  test('an operator maintains and reads no patient', async () => {
    const operator = actor('operator')
    await at.put('', [{ resourceType: 'Organization', id: 'H1', name: '一院' }])
    expect(await look(operator, 'Organization', 'H1')).toBe(true)
    expect(await look(operator, 'Condition', 'p1-c')).toBe(false)
    expect(await look(operator, 'Patient', 'p1')).toBe(false)
  })

  test.each(['hospital', 'mia', 'ha', 'researcher', 'insurer', 'pharma', 'patient', 'guardian', 'relative', 'legal'] as const)(
    '%s reads organisations',
    async (party) => {
      expect(await look(actor(party, { organization: 'X' }), 'Organization', 'H1')).toBe(true)
    },
  )

  test('what is about an unknown person is for its custodian and operators', async () => {
    await at.put('H1', [{ resourceType: 'Observation', id: 'o-x', status: 'final', subject: { display: '无名氏' } }])
    expect(await look(hospital('H1'), 'Observation', 'o-x')).toBe(true)
    expect(await look(actor('operator'), 'Observation', 'o-x')).toBe(true)
    expect(await look(hospital('H2'), 'Observation', 'o-x')).toBe(false)
    expect(await look(actor('mia', { organization: 'MIA' }), 'Observation', 'o-x')).toBe(false)
  })

  test('a Consent is for the patient, its custodian, operators and who treats him', async () => {
    const consent = {
      resourceType: 'Consent',
      id: 'k1',
      status: 'active',
      patient: { reference: 'Patient/p1' },
      scope: { coding: [{ code: 'treatment' }] },
    }
    await at.put('H1', [consent])
    expect(await look(actor('patient', { patient: 'p1' }), 'Consent', 'k1')).toBe(true)
    expect(await look(hospital('H1'), 'Consent', 'k1')).toBe(true)
    expect(await look(actor('operator'), 'Consent', 'k1')).toBe(true)
    expect(await look(hospital('H2'), 'Consent', 'k1')).toBe(false)
    expect(await look(actor('researcher', { study: 'S1' }), 'Consent', 'k1')).toBe(false)
    expect(await look(actor('insurer', { organization: 'INS' }), 'Consent', 'k1')).toBe(false)
  })

  test('break-glass opens no Consent or Group, not even of the own hospital', async () => {
    await at.put('H1', [
      {
        resourceType: 'Consent',
        id: 'k2',
        status: 'active',
        patient: { reference: 'Patient/p1' },
        scope: { coding: [{ code: 'treatment' }] },
      },
      { resourceType: 'Group', id: 'g2', type: 'person', actual: true, member: [{ entity: { reference: 'Patient/p1' } }] },
    ])
    const doctor = hospital('H1', { purpose: 'BTG', breakGlassReason: '昏迷' })
    for (const [type, id] of [
      ['Consent', 'k2'],
      ['Group', 'g2'],
    ] as const) {
      expect(await look(hospital('H1'), type, id)).toBe(true)
      expect(await look(doctor, type, id)).toBe(false)
    }
    expect(await look(doctor, 'Condition', 'p1-hiv')).toBe(true)
    expect(await look(doctor, 'Organization', 'H1')).toBe(true)
  })

  test('an AuditEvent is for the patient whom it is about and for auditors', async () => {
    const decide = (who: Actor, persons: string[]) =>
      at.access.withDecision(who, {}, async (decision) => decision.permits('AuditEvent', at.access.auditAcc(persons, 'H1')))
    expect(await decide(actor('patient', { patient: 'p1' }), ['p1'])).toBe(true)
    expect(await decide(actor('patient', { patient: 'p1' }), ['p2'])).toBe(false)
    expect(await decide(actor('patient', { patient: 'p1' }), [])).toBe(false)
    expect(await decide(hospital('H1', { role: 'auditor', purpose: 'HOPERAT' }), ['p1'])).toBe(true)
    expect(await decide(hospital('H1'), ['p1'])).toBe(false)
    expect(await decide(actor('operator'), ['p1'])).toBe(true)
  })
})

describe('writing', () => {
  const write =
    (
      who: Actor,
      resource: Record<string, unknown>,
      custodian = who.organization,
      current?: { type: string; id: string },
      making: string[] = [],
    ) =>
    async () => {
      const { resourceType: type, id } = resource as { resourceType: string; id: string }
      const stored = current && (await at.store.read(SYSTEM, current.type, current.id))
      const text = JSON.stringify(resource)
      const method = current ? 'PUT' : 'POST'
      return (await at.access.mayWrite(who, { type, id, method, custodian, text }, stored, new Set(making))).reason
    }
  const consentOf = (id: string) => ({ resourceType: 'Consent', id: 'new', patient: { reference: `Patient/${id}` } })
  const own = condition('n', 'p1') as Record<string, unknown>

  test.each<[string, () => Promise<string>, string]>([
    ['a hospital for its patient', write(hospital('H1'), own), 'custodian'],
    ['in another name', write(hospital('H1'), own, 'H2'), 'other-custodian'],
    [
      'for a patient without a record there',
      write(hospital('H2'), condition('n', 'p1') as Record<string, unknown>),
      'patient-not-registered-here',
    ],
    [
      'a visit that would make it treat him',
      write(hospital('H2'), encounter('n', 'p1') as Record<string, unknown>),
      'patient-not-registered-here',
    ],
    [
      'over a record of another',
      write(hospital('H2'), condition('p1-c', 'p2') as Record<string, unknown>, 'H2', { type: 'Condition', id: 'p1-c' }),
      'other-custodian',
    ],
    ['a new patient', write(hospital('H2'), patient('new') as Record<string, unknown>), 'custodian'],
    [
      'a new patient linked to another hospital’s',
      write(hospital('H2'), patient('new', { link: [{ other: { reference: 'Patient/p1' } }] }) as Record<string, unknown>),
      'link-to-other-custodian',
    ],
    [
      'for a patient that its own transaction makes',
      write(hospital('H2'), condition('n', 'not-yet') as Record<string, unknown>, 'H2', undefined, ['not-yet']),
      'custodian',
    ],
    [
      'for a patient who is nowhere: no more than for one who is elsewhere',
      write(hospital('H2'), condition('n', 'not-yet') as Record<string, unknown>),
      'patient-not-registered-here',
    ],
    ['a study', write(hospital('H1'), { resourceType: 'ResearchStudy', id: 'n' }), 'kept-by-operators'],
    ['a consent of its patient', write(hospital('H1'), consentOf('p1')), 'custodian'],
    ['a consent of another’s patient', write(hospital('H2'), consentOf('p1')), 'patient-not-registered-here'],
    ['the patient his consent', write(actor('patient', { patient: 'p1' }), consentOf('p1')), 'subject'],
    ['the patient another’s consent', write(actor('patient', { patient: 'p2' }), consentOf('p1')), 'not-subject'],
    ['the patient a diagnosis', write(actor('patient', { patient: 'p1' }), own), 'patients-write-consents-only'],
    ['an operator', write(actor('operator'), own), 'maintenance'],
    ['a researcher', write(actor('researcher'), own), 'party-reads-only'],
    ['an AuditEvent by an operator', write(actor('operator'), { resourceType: 'AuditEvent', id: 'n' }), 'immutable'],
  ])('%s', async (_name, attempt, reason) => expect(await attempt()).toBe(reason))
})
