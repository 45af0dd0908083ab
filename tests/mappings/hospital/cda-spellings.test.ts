/** Values as senders write them beside the book, and what is said not to be so. By hand. */
import { describe, expect, test } from '@jest/globals'
import { all, cd, cluster, entry, read, said, st } from './cda-entries.ts'

const value = (type: string, attributes: string, text = ''): string => `<value xsi:type="${type}"${attributes}>${text}</value>`
const found = async (...entries: string[]) => read('C0049', [['29545-1 PHYSICAL EXAMINATION', entry(...entries)]])
const denied = (inner: string): string => inner.replace('<observation ', '<observation negationInd="true" ')
const narrative = (record: Awaited<ReturnType<typeof read>>): string => JSON.stringify(all(record, 'Composition'))

describe('truth values', () => {
  test.each([
    ['true', true],
    ['True', true],
    ['1', true],
    ['是', true],
    ['Y', true],
    ['false', false],
    ['FALSE', false],
    ['0', false],
    ['否', false],
  ])('%s, as attribute and as text', async (word, expected) => {
    for (const one of [value('BL', ` value="${word}"`), value('BL', '', word)]) {
      const record = await found(said('DE06.00.106.00', '输血史标识', one))
      expect(all(record, 'Observation').map(({ valueBoolean }) => valueBoolean)).toEqual([expected])
      expect(narrative(record)).not.toContain('说明')
    }
  })

  test('a word that is neither stays the word', async () => {
    const record = await found(said('DE06.00.106.00', '输血史标识', value('BL', ' value="曾有"')))
    expect(all(record, 'Observation')).toMatchObject([{ valueString: '曾有' }])
    expect(all(record, 'Observation')[0]).not.toHaveProperty('valueBoolean')
  })
})

test('a time as text, a number beside words, words of a code that is missing', async () => {
  const record = await found(
    said('DE06.00.092.00', '入院日期时间', value('TS', '', '20260304080000')),
    said('DE04.10.186.00', '体温', value('PQ', ' value="37.20" unit="℃"', '体温正常')),
    said('DE04.10.126.00', '皮肤', value('CD', ' nullFlavor="OTH"', '<originalText>轻度黄染</originalText>')),
  )
  expect(all(record, 'Encounter')).toMatchObject([{ period: { start: '2026-03-04T08:00:00+08:00' } }])
  expect(all(record, 'Observation')).toMatchObject([
    { valueQuantity: { value: 37.2, code: 'Cel' } },
    { valueCodeableConcept: { text: '轻度黄染' } },
  ])
  expect(narrative(record)).toContain('说明：体温正常')
})

describe('what is said not to be so', () => {
  test('is no fact of any kind, and stands in the section as what it is', async () => {
    const record = await found(
      denied(said('DE02.10.022.00', '过敏药物', st('青霉素'))),
      denied(said('DE05.01.024.00', '入院诊断编码', cd('I20.000', '不稳定型心绞痛', '3.11.3'))),
      denied(said('DE04.10.126.00', '皮肤', st('黄染'))),
      '<procedure classCode="PROC" moodCode="EVN" negationInd="1"><code code="47.0100" displayName="阑尾切除术"/></procedure>',
    )
    for (const type of ['AllergyIntolerance', 'Condition', 'Observation', 'Procedure']) expect(all(record, type)).toEqual([])
    for (const line of ['过敏药物（否定）：青霉素', '皮肤（否定）：黄染', '手术操作（否定）：阑尾切除术'])
      expect(narrative(record)).toContain(line)
  })

  test('nor is what stands within it; what stands beside it is', async () => {
    const group = cluster(said('DE04.10.126.00', '皮肤', st('黄染'))).replace('<organizer ', '<organizer negationInd="true" ')
    const record = await found(group, said('DE04.10.219.00', '一般状况', st('良好')).replace('classCode', 'negationInd="false" classCode'))
    expect(all(record, 'Observation')).toMatchObject([{ valueString: '良好' }])
  })
})
