/** Words of Chinese and English text: recall and false finds on a list told by hand, and what counts as text and as a word. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { DecimalTexts } from '../../../server/fhir/resource-text.ts'
import type { FhirResource } from '../../../server/fhir/types.ts'
import { TEXT_KEYS_MAX } from '../../../server/search/limits.ts'
import { NO_TEXT, TEXT_ELEMENTS } from '../../../server/search/text/elements.ts'
import { textOfNarrative } from '../../../server/search/text/narrative.ts'
import { finds, search } from '../ask.ts'
import { MISREAD, QUERIES, SENTENCES } from './sentences.ts'

const narrated = (div: string, extra: object = {}): FhirResource => ({
  resourceType: 'Condition',
  text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${div}</div>` },
  ...extra,
})

const wordsOf = (resource: FhirResource) => search.index(resource, new DecimalTexts()).words

describe('Chinese clinical sentences', () => {
  const found = (query: string) => SENTENCES.flatMap((sentence, at) => (finds(narrated(sentence), `_text=${query}`) ? [at] : []))

  test.each(QUERIES)('%s', (query, expected) => {
    const { missed = [], more = [] } = MISREAD[query] ?? {}
    expect(found(query)).toEqual([...expected.filter((at) => !missed.includes(at)), ...more].sort((a, b) => a - b))
  })

  test('recall and false finds stand as the decision record tells them', () => {
    const wanted = QUERIES.flatMap(([, sentences]) => sentences).length
    const each = Object.values(MISREAD)
    const missed = each.flatMap(({ missed = [] }) => missed).length
    expect([SENTENCES.length, QUERIES.length, wanted, missed, each.flatMap(({ more = [] }) => more).length]).toEqual([70, 120, 142, 4, 2])
  })
})

describe('words', () => {
  test.each([
    // A name of a disease in a longer one, and never the same characters in another order or across words.
    ['高血压病', '高血压', true],
    ['高血压病', '血压', true],
    ['血压高', '高血压', false],
    ['高血压', '血压高', false],
    ['北京大学', '京大', false],
    ['生病理疗', '病理', false],
    ['生理学', '理学', false],
    ['生理学', '生理', true],
    // Side by side, not with something between.
    ['高血压、糖尿病', '高血压糖尿病', false],
    ['高血压、糖尿病', '高血压 糖尿病', true],
    ['高血压、糖尿病', '高血压、糖尿病', true],
    // Folded: traditional, width, case, accents.
    ['雙側頸動脈粥樣硬化', '颈动脉', true],
    ['颈动脉', '頸動脈', true],
    ['ＣＴ检查', 'ct检查', true],
    ['Ménière', 'meniere', true],
    ['HbA1c', 'ｈｂａ１ｃ', true],
    ['COVID-19', 'covid-19', true],
    ['COVID-19', 'COVID', true],
    ["Crohn's disease", "crohn's", true],
    ['血糖7.2', '7.2', true],
    ['血糖7.2', '72', false],
    ['3-5天', '35', false],
    ['2型糖尿病', '2型糖尿病', true],
    ['2型糖尿病', '1型糖尿病', false],
    ['cataract', 'cat', false],
    ['cataracts', 'cataract', false],
    ['\u{20bb7}田医生', '\u{20bb7}田', true],
    ['ཐོད་ནད', 'ནད', true],
    ['يۈرەك كېسىلى', 'يۈرەك', true],
  ])('%s has the word %s: %s', (text, query, expected) => {
    expect(finds(narrated(text), `_text=${query}`)).toBe(expected)
  })

  test.each([
    ['<p>高血</p><p>压</p>', '高血压', false],
    ['高<b>血</b>压', '高血压', true],
    ['<td>糖尿</td><td>病</td>', '糖尿病', false],
    ['糖尿<!-- x -->病', '糖尿病', true],
    ['A&nbsp;B', 'a', true],
    ['&#x7cd6;&#23615;病', '糖尿病', true],
    ['&lt;b&gt;', 'b', true],
    ['<b class="secret">x</b>', 'secret', false],
    ['<![CDATA[糖尿病]]>', '糖尿病', true],
    ['a &amp;lt; b', 'lt', true],
  ])('narrative %s has the word %s: %s', (div, query, expected) => {
    expect(finds(narrated(div), `_text=${query}`)).toBe(expected)
  })

  test('what is no XHTML ends somewhere', () => {
    expect(textOfNarrative('x <b')).toBe('x  ')
    expect(textOfNarrative('x <!-- y')).toBe('x ')
    expect(textOfNarrative('&#x110000; &#0; &#xd800; &nope;')).toBe('        '.slice(0, 7))
    expect(textOfNarrative(`${'<'.repeat(50_000)}x`).length).toBeLessThan(2)
  })
})

describe('content', () => {
  const condition = narrated('头痛', {
    id: 'secretid',
    meta: { source: 'urn:sourceword', tag: [{ display: '标签' }] },
    identifier: [{ system: 'urn:sys', value: 'NUMBER77' }],
    code: { coding: [{ system: 'http://loinc.org', code: 'CODE12', display: '偏头痛' }], text: '血管性头痛' },
    subject: { reference: 'Patient/refword', display: '王建国' },
    note: [{ text: '既往有*高血压*', time: '2024-01-01' }],
    contained: [
      { resourceType: 'Practitioner', id: 'p', name: [{ family: '赵' }], text: { status: 'generated', div: '<div>主任医师</div>' } },
    ],
    extension: [{ url: 'urn:x', valueString: '补充', valueCode: 'codeword' }],
  })

  test.each([
    ['头痛', true],
    ['偏头痛', true],
    ['高血压', true],
    ['王建国', true],
    ['赵', true],
    ['主任医师', true],
    ['补充', true],
    ['标签', true],
    // Words of the narrative and of other elements together.
    ['头痛 高血压 赵', true],
    ['头痛 -高血压', false],
    // Neither codes nor addresses, numbers of things, ids, dates.
    ...['secretid', 'sourceword', 'NUMBER77', 'CODE12', 'refword', 'codeword', '2024', 'loinc', 'Condition', 'generated', 'div'].map(
      (word): [string, boolean] => [word, false],
    ),
  ])('_content=%s: %s', (query, expected) => {
    expect(finds(condition, `_content=${query}`)).toBe(expected)
  })

  test('the narrative alone for _text', () => {
    expect([finds(condition, '_text=头痛'), finds(condition, '_text=高血压'), finds(condition, '_text=主任医师')]).toEqual([
      true,
      false,
      false,
    ])
  })

  test('attachments are no text', () => {
    const data = Buffer.from('高血压 hypertension').toString('base64')
    const report = { resourceType: 'DiagnosticReport', presentedForm: [{ contentType: 'text/plain', data, title: '检查报告' }] }
    expect(wordsOf(report)).toEqual(['c:检查', 'c:报告', 'c:检查报告'])
    expect([finds(report, '_content=报告'), finds(report, '_content=plain')]).toEqual([true, false])
    expect(wordsOf({ resourceType: 'Binary', contentType: 'text/plain', data })).toBeUndefined()
  })

  test('every element that is text by its type in R4 is told to be text or not', () => {
    interface Element {
      types?: string[]
      choice?: boolean
      elements?: Record<string, Element>
    }
    const file = new URL('../../../profiles/generated/r4/structures.json', import.meta.url)
    const { types } = JSON.parse(readFileSync(file, 'utf8')) as { types: Record<string, Element> }
    const names = new Set<string>()
    const walk = (elements: Record<string, Element> = {}) => {
      for (const [name, element] of Object.entries(elements)) {
        for (const type of element.types ?? [])
          if (type === 'string' || type === 'markdown')
            names.add(element.choice ? name + type.charAt(0).toUpperCase() + type.slice(1) : name)
        walk(element.elements)
      }
    }
    for (const { elements } of Object.values(types)) walk(elements)
    expect([...TEXT_ELEMENTS, ...NO_TEXT].sort()).toEqual([...names].sort())
  })
})

test('the secret of a Subscription is no text of it', () => {
  const subscription = {
    resourceType: 'Subscription',
    status: 'active',
    reason: 'watched',
    criteria: 'Patient?active=true',
    channel: { type: 'rest-hook', header: ['Authorization: Bearer topsecret'] },
  } as unknown as FhirResource
  expect(['watched', 'topsecret', 'Authorization'].map((word) => finds(subscription, `_content=${word}`))).toEqual([true, false, false])
})

describe('bounds', () => {
  const words = (count: number, start: string) => Array.from({ length: count }, (_, at) => `${start}${at}`).join(' ')

  test('a long text is found by its first words, the narrative before the rest', () => {
    const long = narrated(words(TEXT_KEYS_MAX, 'w'), { note: [{ text: '高血压' }] })
    expect(wordsOf(long)?.length).toBe(TEXT_KEYS_MAX)
    expect([`w0`, `w${TEXT_KEYS_MAX - 1}`].map((word) => finds(long, `_text=${word}`))).toEqual([true, true])
    expect(finds(long, '_content=高血压')).toBe(false)
    const behind = narrated(words(TEXT_KEYS_MAX + 5, 'w'))
    expect(finds(behind, `_text=w${TEXT_KEYS_MAX + 1}`)).toBe(false)
  })

  test('a word that is too long for one is none, and its neighbours are found', () => {
    const text = narrated(`start ${'x'.repeat(5000)} end`)
    expect([finds(text, '_text=start end'), finds(text, `_text=${'x'.repeat(500)}`)]).toEqual([true, false])
  })

  test('the same text over and over is looked through to an end', () => {
    expect(wordsOf(narrated('高血压。'.repeat(100_000)))).toEqual(['t:高血压', 't:血压'])
  })

  test('other keys and text do not count against each other', () => {
    const identifier = Array.from({ length: 9_000 }, (_, at) => ({ value: String(at) }))
    const entry = search.index(narrated(words(TEXT_KEYS_MAX, 'w'), { identifier }), new DecimalTexts())
    expect([entry.keys.length, entry.words?.length]).toEqual([2 * 9_000, TEXT_KEYS_MAX])
  })
})
