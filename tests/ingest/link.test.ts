/** Linking: who is one person and who must never be (formats.md D8 to D14). Numbers have right check digits unless said. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decideLinks, type IdentityStatement } from '../../server/ingest/link/decide.ts'
import { compareNames } from '../../server/ingest/link/name.ts'
import { rig, type Rig, sourceOf } from './support.ts'

const WANG = '110100195803120019'
const LI = '310100196511080248'

describe('names', () => {
  test.each([
    ['王建国', '王建國', 'none'],
    ['王 建国', '王建国', 'none'],
    ['阿依古丽·买买提', '阿依古丽•买买提', 'none'],
    ['王*国', '李秀兰', 'none'],
    ['无名氏', '李秀兰', 'none'],
    ['Wang Jianguo', '王建国', 'none'],
    ['王建国', '王建囯', 'slight'],
    ['王建国', '李秀兰', 'different'],
    ['王芳', '王丽', 'different'],
  ])('%s and %s: %s', (a, b, expected) => expect(compareNames(a, b)).toBe(expected))
})

describe('decision', () => {
  const facts = { birthDate: '1958-03-12', gender: 'male' }
  const says = (patient: string, name?: string, birthDate?: string, gender?: string, domain = patient): IdentityStatement => ({
    patient,
    kind: 'hospital',
    domain,
    said: {
      ...(name && { name: { at: '1', value: name } }),
      ...(birthDate && { birthDate: { at: '1', value: birthDate } }),
      ...(gender && { gender: { at: '1', value: gender } }),
    },
  })
  const linked = (...statements: IdentityStatement[]) => decideLinks(statements, facts).linked

  test('a birth date that disagrees with the number still links', () => {
    expect(linked(says('a', '王建国', '1958-03-12', 'male'), says('b', '王建国', '1959-03-12', 'male'))).toEqual(['a', 'b'])
  })
  test('another sex and another birth date than the number says: somebody else’s card', () => {
    expect(linked(says('a', '王建国', '1958-03-12', 'male'), says('b', '李秀兰', '1965-11-08', 'female'))).toEqual(['a'])
  })
  test('two names of which nothing agrees: neither links until a clerk decides', () => {
    expect(linked(says('a', '王建国'), says('b', '赵钱孙'))).toEqual([])
  })
  test('one that stands against two domains loses', () => {
    expect(linked(says('a', '王建国'), says('b', '赵钱孙'), says('c', '王建國'))).toEqual(['a', 'c'])
  })
  test('ever new names: the number is nobody’s', () => {
    const many = ['王建国', '赵钱孙', '周吴郑', '冯陈褚'].map((name, at) => says(String(at), name, `19${60 + at}-01-01`))
    expect(decideLinks(many, {}).refused.map((r) => r.reason)).toEqual(['placeholder', 'placeholder', 'placeholder', 'placeholder'])
  })
  test('however often one organisation says otherwise, it counts once', () => {
    const person = [says('a', '赵一鸣', '1970-01-01', undefined, 'hospital:H1'), says('b', '赵一鸣', '1970-01-01', undefined, 'rest:H3')]
    const names = ['钱完全', '孙大海', '周小川', '吴国平', '郑爱华']
    const others = names.map((name, at) => says(`f${at}`, name, `196${at}-02-11`, undefined, 'rest:H2'))
    for (let count = 1; count <= others.length; count++) expect(linked(...person, ...others.slice(0, count))).toEqual(['a', 'b'])
    const same = Array.from({ length: 70 }, (_, at) =>
      says(`g${at}`, '钱完全', '1960-02-11', undefined, at % 2 ? 'rest:H2' : 'hospital:H2'),
    )
    expect(linked(...person, ...same)).toEqual(['a', 'b'])
  })
  test('who contradicts himself loses against who does not', () => {
    const fakes = [says('f', '钱完全', undefined, undefined, 'rest:H2'), says('g', '孙大海', undefined, undefined, 'rest:H2')]
    expect(linked(says('a', '赵一鸣', undefined, undefined, 'hospital:H1'), ...fakes)).toEqual(['a'])
  })
  test('ever new names in one organisation: none of its records, and no harm to others', () => {
    const many = ['王建国', '赵钱孙', '周吴郑', '冯陈褚'].map((name, at) =>
      says(`h${at}`, name, `19${60 + at}-01-01`, undefined, 'hospital:H1'),
    )
    const decision = decideLinks(
      [...many, says('h4', undefined, undefined, undefined, 'hospital:H1'), says('x', '王建国', undefined, undefined, 'miis:M')],
      {},
    )
    expect(decision.linked).toEqual(['x'])
    expect(new Set(decision.refused.map(({ reason }) => reason))).toEqual(new Set(['placeholder']))
  })
  test('a link that is held outlasts whatever is said, nobody is linked against it, and a clerk is told', () => {
    const person = [says('a', '赵一鸣', undefined, undefined, 'hospital:H1'), says('b', '赵一鸣', undefined, undefined, 'hospital:H3')]
    const others = ['H2', 'H4', 'H5'].map((hospital) => says(hospital, '钱完全', undefined, undefined, `hospital:${hospital}`))
    expect(linked(...person, ...others)).toEqual(['H2', 'H4', 'H5'])
    expect(decideLinks([...person, ...others], facts, new Set(['a', 'b']))).toEqual({
      linked: ['a', 'b'],
      refused: ['H2', 'H4', 'H5'].map((patient) => ({ patient, reason: 'contradicts-others' })),
      doubted: ['a', 'b'].map((patient) => ({ patient, reason: 'contradicts-others' })),
    })
  })
  test('the order of statements does not matter', () => {
    const statement = fc.record({
      name: fc.constantFrom('王建国', '王建國', '李秀兰', '王*国', undefined),
      birth: fc.constantFrom('1958-03-12', '1965-11-08', undefined),
      gender: fc.constantFrom('male', 'female', undefined),
      domain: fc.constantFrom('rest:x', 'hospital:x', 'hospital:y', 'hospital:z'),
    })
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 6 }), (list) => {
        const statements = list.map((s, at) => says(`p${at}`, s.name, s.birth, s.gender, s.domain))
        expect(decideLinks([...statements].reverse(), facts).linked).toEqual(decideLinks(statements, facts).linked)
      }),
    )
  })
})

const PI = (value: string) => ({ kind: 'PI', value, strong: true })
const VISIT = (value: string) => ({ kind: 'VISIT', value, strong: false })

interface Person {
  local: { kind: string; value: string; strong: boolean }[]
  number?: string
  name?: string
  birthDate?: string
  gender?: string
}

let count = 0
function message({ local, number, name, birthDate, gender }: Person, at = '2026-03-06T08:00:00Z'): object {
  const identifier = [
    ...local.map((n) => ({ system: `urn:${n.kind}`, value: n.value })),
    ...(number ? [{ system: 'urn:oid:2.16.156.10011.1.3', value: number }] : []),
  ]
  return {
    deliveryId: `m${count++}`,
    patient: { local, ...(number && { legal: { type: '01', number } }), name, birthDate, gender },
    resources: [
      {
        key: 'patient',
        resource: { resourceType: 'Patient', identifier, ...(name && { name: [{ text: name }] }), birthDate, gender },
        state: 'current',
        statedAt: at,
      },
    ],
  }
}

describe('records and masters', () => {
  let one: Rig
  beforeAll(async () => {
    one = await rig([
      sourceOf('his', 'hospital', 'H1'),
      sourceOf('emr', 'hospital', 'H1'),
      sourceOf('rp', 'rhip', 'HA'),
      sourceOf('mi', 'miis', 'MIA'),
    ])
    await one.ingest.start()
  })
  afterAll(() => one.close())
  beforeEach(() => one.wipe())

  interface Picture {
    masters: Record<string, string[][]>
    alone: string[][]
  }
  /** numbers of each record, by the identity number of its master */
  async function picture(): Promise<Picture> {
    const records = await one.ingest.tables.records.find({ absorbedBy: null })
    const numbers = await one.ingest.tables.numbers.find({})
    const identities = new Map((await one.ingest.tables.identities.find({})).map((doc) => [doc.master, doc.number]))
    const shown: Picture = { masters: {}, alone: [] }
    for (const record of records) {
      const own = [record.domain, String(numbers.filter((n) => n.patient === record._id).length)]
      const number = record.person === null ? undefined : identities.get(record.person)
      if (number === undefined) shown.alone.push(own)
      else shown.masters[number] = [...(shown.masters[number] ?? []), own]
    }
    for (const list of Object.values(shown.masters)) list.sort()
    shown.alone.sort()
    return shown
  }
  const sources = (list: string[][] | undefined): string[] => (list ?? []).map(([domain]) => domain as string)

  test('15 digits, small x and full width are the same number', async () => {
    const old = '110100580312001'
    await one.send('his', [message({ local: [PI('1')], number: old, name: '王建国' })])
    await one.send('rp', [
      message({
        local: [{ kind: 'CARD', value: 'C', strong: true }],
        number: [...WANG].map((c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)).join(''),
        name: '王建国',
      }),
    ])
    expect(sources((await picture()).masters[WANG])).toEqual(['hospital:H1', 'rhip:HA'])
  })

  test('a wrong check digit and a placeholder never link; the receipt says why', async () => {
    const { payload } = await one.send('his', [
      message({ local: [PI('2')], number: '110100195803120018' }),
      message({ local: [PI('3')], number: '111111111111111111' }),
    ])
    expect(await picture()).toMatchObject({
      masters: {},
      alone: [
        ['hospital:H1', '1'],
        ['hospital:H1', '1'],
      ],
    })
    expect(JSON.parse(payload.issues).map((i: { code: string }) => i.code)).toEqual(
      expect.arrayContaining(['link-check-digit', 'link-placeholder']),
    )
  })

  test('a newborn under its mother’s number is not its mother', async () => {
    await one.send('his', [message({ local: [PI('4')], number: LI, name: '李秀兰', birthDate: '1965-11-08', gender: 'female' })])
    await one.send('his', [message({ local: [PI('5')], number: LI, name: '李秀兰之女', birthDate: '2026-03-05', gender: 'female' })])
    await one.send('his', [message({ local: [PI('6')], number: LI, name: '李小宝', birthDate: '2026-03-06' })])
    const { masters, alone } = await picture()
    expect(sources(masters[LI])).toEqual(['hospital:H1'])
    expect(alone).toHaveLength(2)
    const [mother] = (await one.all('RelatedPerson')).filter((r) => JSON.stringify(r.name ?? []).includes('李秀兰'))
    expect(mother).toMatchObject({ name: [{ text: '李秀兰' }], relationship: [{ coding: [{ code: 'MTH' }] }] })
    const baby = (await one.all('Patient')).find((p) => JSON.stringify(p.name ?? '').includes('之女'))
    expect(JSON.stringify(baby?.identifier)).not.toContain(LI)
  })

  test('two persons on one card: no link, and a task', async () => {
    await one.send('his', [message({ local: [PI('7')], number: WANG, name: '王建国', birthDate: '1958-03-12', gender: 'male' })])
    const { payload } = await one.send('rp', [
      message({
        local: [{ kind: 'CARD', value: 'C7', strong: true }],
        number: WANG,
        name: '李秀兰',
        birthDate: '1965-11-08',
        gender: 'female',
      }),
    ])
    const { masters, alone } = await picture()
    expect(sources(masters[WANG])).toEqual(['hospital:H1'])
    expect(sources(alone)).toEqual(['rhip:HA'])
    // Sex and birth date deny the number itself: the sender is told.
    expect(JSON.parse(payload.issues)).toEqual(expect.arrayContaining([expect.objectContaining({ code: 'link-conflict' })]))
    expect(await one.ingest.tables.conflicts.count({ state: 'open' })).toBe(1)
  })

  test('under another name elsewhere: only the clerk is told, not the sender, who would learn of it (access.md L36, L45)', async () => {
    await one.send('his', [message({ local: [PI('7')], number: WANG, name: '王建国' })])
    const { payload } = await one.send('rp', [
      message({ local: [{ kind: 'CARD', value: 'C7', strong: true }], number: WANG, name: '李秀兰' }),
    ])
    expect((await picture()).masters).toEqual({})
    expect([payload.issues, await one.ingest.tables.conflicts.count({ state: 'open' })]).toEqual(['[]', 1])
  })

  test('two persons on one card in one hospital: it is told', async () => {
    await one.send('his', [message({ local: [PI('71')], number: WANG, name: '王建国', birthDate: '1958-03-12', gender: 'male' })])
    const { payload } = await one.send('his', [
      message({ local: [PI('72')], number: WANG, name: '李秀兰', birthDate: '1965-11-08', gender: 'female' }),
    ])
    expect(JSON.parse(payload.issues)).toEqual(expect.arrayContaining([expect.objectContaining({ code: 'link-conflict' })]))
  })

  test('two hospital numbers with one identity number: two records of one master', async () => {
    await one.send('his', [
      message({ local: [PI('8')], number: WANG, name: '王建国' }),
      message({ local: [PI('9')], number: WANG, name: '王建國' }),
    ])
    expect(sources((await picture()).masters[WANG])).toEqual(['hospital:H1', 'hospital:H1'])
  })

  test('a link that turns out wrong is undone, and what was stored goes back to its own record', async () => {
    await one.send('his', [message({ local: [PI('10')], number: WANG, name: '王建国' })])
    await one.send('rp', [message({ local: [{ kind: 'CARD', value: 'C10', strong: true }], number: WANG, name: '赵钱孙' })])
    expect((await picture()).masters).toEqual({})
    const his = (await one.all('Patient')).filter((p) => JSON.stringify(p.identifier).includes('"10"'))
    expect(his[0]).not.toHaveProperty('link')
  })

  test('a visit number that was used twice does not mix two persons', async () => {
    await one.send('his', [message({ local: [PI('11'), VISIT('V1')], number: WANG, name: '王建国' })])
    await one.send('emr', [message({ local: [VISIT('V1')], number: LI, name: '李秀兰' })])
    const { masters } = await picture()
    expect(sources(masters[WANG])).toEqual(['hospital:H1'])
    expect(sources(masters[LI])).toEqual(['hospital:H1'])
  })

  test('one record per source, whatever came first: visit only, hospital number only, both', async () => {
    const parts: [string, Person][] = [
      ['emr', { local: [VISIT('V2')], number: WANG, name: '王建国' }],
      ['his', { local: [PI('12'), VISIT('V2')], number: WANG, name: '王建国' }],
      ['his', { local: [PI('12')], name: '王建国' }],
      ['rp', { local: [{ kind: 'CARD', value: 'C12', strong: true }], number: WANG, name: '王建国' }],
      ['mi', { local: [{ kind: 'PSN', value: 'P12', strong: true }], number: WANG, name: '王建国' }],
    ]
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(parts, { minLength: parts.length, maxLength: parts.length }), async (order) => {
        await one.wipe()
        for (const [source, person] of order) await one.send(source, [message(person)])
        const { masters, alone } = await picture()
        expect(sources(masters[WANG])).toEqual(['hospital:H1', 'miis:MIA', 'rhip:HA'])
        expect(alone).toEqual([])
      }),
      { numRuns: 12 },
    )
  })

  test.each([
    ['after', true],
    ['before', false],
  ])('a merge message %s the record that it replaces: one record goes on, the other says by whom', async (_, after) => {
    const merge = message({ local: [PI('30')], name: '王建国' }) as { patient: { replaces?: object[] } }
    merge.patient.replaces = [PI('31')]
    const old = message({ local: [PI('31')], number: WANG, name: '王建国' })
    for (const each of after ? [old, merge] : [merge, old]) await one.send('his', [each])
    expect(sources((await picture()).masters[WANG])).toEqual(['hospital:H1'])
    const survivor = (await one.all('Patient')).find((p) => JSON.stringify(p.identifier ?? []).includes('"30"'))
    expect(JSON.stringify(survivor?.identifier)).toContain('"31"')
    const replaced = (await one.all('Patient')).filter((p) =>
      JSON.stringify(p.link ?? []).includes(`"Patient/${survivor?.id}"},"type":"replaced-by"`),
    )
    expect(replaced).toHaveLength(after ? 1 : 0)
  })

  test('a merge message never joins two valid identity numbers: it is told, and each stays where its number says', async () => {
    await one.send('his', [message({ local: [PI('40')], number: WANG, name: '王建国' })])
    await one.send('his', [message({ local: [PI('41')], number: LI, name: '李秀兰' })])
    const merge = message({ local: [PI('40')], name: '王建国' }, '2026-03-07T08:00:00Z') as { patient: { replaces?: object[] } }
    merge.patient.replaces = [PI('41')]
    const { payload } = await one.send('his', [merge])
    expect(payload.issues).toContain('link-numbers-disagree')
    const { masters } = await picture()
    expect([sources(masters[WANG]), sources(masters[LI])]).toEqual([['hospital:H1'], ['hospital:H1']])
  })

  test.each([
    ['came', true],
    ['never came', false],
  ])(
    'nor does it where the other number is told of later, of a record that %s before: what was merged stays where it is',
    async (_, isThere) => {
      const merge = message({ local: [PI('50')], number: WANG, name: '王建国' }) as { patient: { replaces?: object[] } }
      merge.patient.replaces = [PI('51')]
      if (isThere) await one.send('his', [message({ local: [PI('51')], name: '李秀兰' }, '2026-03-05T08:00:00Z')])
      await one.send('his', [merge])
      const { payload } = await one.send('his', [message({ local: [PI('51')], number: LI, name: '李秀兰' }, '2026-03-08T08:00:00Z')])
      expect(payload.issues).toContain('link-numbers-disagree')
      const both = async () => {
        const { masters } = await picture()
        return [masters[WANG]?.length, masters[LI]?.length]
      }
      expect(await both()).toEqual([1, 1])
      // The number is that of the other person from then on, also where the message names no identity number.
      await one.send('his', [message({ local: [PI('51')], name: '李秀兰' }, '2026-03-09T08:00:00Z')])
      expect(await both()).toEqual([1, 1])
      expect(await one.ingest.tables.records.count({})).toBe(isThere ? 3 : 2)
    },
  )

  test('a message that names the numbers of two records does not join them across two valid identity numbers', async () => {
    await one.send('his', [message({ local: [PI('60')], number: WANG, name: '王建国' })])
    await one.send('his', [message({ local: [VISIT('V60')], number: LI })])
    const { payload } = await one.send('his', [message({ local: [PI('60'), VISIT('V60')] }, '2026-03-07T08:00:00Z')])
    expect(payload.issues).toContain('link-numbers-disagree')
    const { masters } = await picture()
    expect([masters[WANG]?.length, masters[LI]?.length]).toEqual([1, 1])
  })

  test('nor two others that have such numbers, where it has none itself', async () => {
    await one.send('his', [message({ local: [VISIT('V70')], number: WANG })])
    await one.send('his', [message({ local: [VISIT('V71')], number: LI })])
    await one.send('his', [message({ local: [PI('70')], name: '无号者' })])
    await one.send('his', [message({ local: [PI('70'), VISIT('V70'), VISIT('V71')] }, '2026-03-07T08:00:00Z')])
    const { masters, alone } = await picture()
    expect([masters[WANG]?.length, masters[LI]?.length, alone.length]).toEqual([1, 1, 1])
  })

  test('a Patient written over REST is linked to the same master, and parted again when its number changes', async () => {
    await one.send('his', [message({ local: [PI('20')], number: WANG, name: '王建国' })])
    const resource = (number: string) => ({
      resourceType: 'Patient',
      id: 'rest-1',
      identifier: [{ system: 'urn:oid:2.16.156.10011.1.3', value: number }],
      name: [{ text: '王建国' }],
      gender: 'male',
      birthDate: '1958-03-12',
    })
    const person = await one.ingest.linkWritten({
      id: 'rest-1',
      resource: resource(WANG),
      custodian: 'H1',
      at: new Date('2026-03-07T00:00:00Z'),
    })
    expect(sources((await picture()).masters[WANG])).toEqual(['hospital:H1', 'rest:H1'])
    expect((await one.all('Patient')).find((p) => p.id === person)?.link).toHaveLength(2)
    const other = await one.ingest.linkWritten({
      id: 'rest-1',
      resource: resource('11010119900307123X'),
      custodian: 'H1',
      at: new Date('2026-03-08T00:00:00Z'),
    })
    expect(other).not.toBe(person)
    expect(sources((await picture()).masters[WANG])).toEqual(['hospital:H1'])
  })
})
