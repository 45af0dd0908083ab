import { describe, expect, test } from '@jest/globals'
import { fold } from '../../../server/search/fold.ts'
import { finds, refusal } from '../ask.ts'

const named = (...name: object[]) => ({ resourceType: 'Patient', name })
const wang = named({ family: '王', given: ['建国'], text: '王建国' })

describe('string', () => {
  test.each([
    ['name=Cha', true],
    ['name=cha', true],
    ['name=CHALMERS', true],
    ['name=almers', false],
    ['name=pete', true],
    ['name=Peter James Chalmers', true],
    ['name=Chalmers Peter', true],
    ['name=dr', true],
    ['name:exact=Chalmers', true],
    ['name:exact=chalmers', false],
    ['name:exact=Chal', false],
    ['name:contains=lmer', true],
    ['name:contains=zzz', false],
    ['family=chal', true],
    ['family=peter', false],
    ['given=james', true],
    ['name=x,cha', true],
    ['name=cha&name=pet', true],
    ['name=cha&name=x', false],
    ['phonetic=cha', true],
    ['address=pleasant', true],
    ['address=3999', true],
    ['address-city=PLEASANT', true],
    ['address-city=vic', false],
    ['family:missing=false', true],
    ['address-country:missing=true', true],
  ])('%s: %s', (query, expected) => {
    const patient = {
      ...named({ family: 'Chalmers', given: ['Peter', 'James'], prefix: ['Dr.'] }),
      address: [{ line: ['534 Erewhon St'], city: 'PleasantVille', state: 'Vic', postalCode: '3999' }],
    }
    expect(finds(patient, query)).toBe(expected)
  })

  test.each([
    '王',
    '王建',
    '王建国',
    '王 建国',
    '王　建国',
    '建国',
    'wang',
    'WANG',
    'ｗａｎｇ',
    'wangjianguo',
    'Wang Jianguo',
    'wjg',
    'jianguo',
    'jg',
    'wáng',
  ])('王建国 is found by name=%s', (value) => {
    expect(finds(wang, `name=${value}`)).toBe(true)
  })

  test.each(['国', '李', 'wangjg2', 'guo', 'li'])('王建国 is not found by name=%s', (value) => {
    expect(finds(wang, `name=${value}`)).toBe(false)
  })

  test('a name that is written in text only has the same forms', () => {
    for (const value of ['王建', 'wangjianguo', 'wjg']) expect(finds(named({ text: '王建国' }), `name=${value}`)).toBe(true)
  })

  // Surnames whose reading as a name differs from the ordinary one; both readings find them.
  test.each([
    ['单', '雄信', ['shanxiongxin', 'sxx', 'danxiongxin', '单雄']],
    ['曾', '国藩', ['zengguofan', 'zgf', 'ceng']],
    ['仇', '英', ['qiuying', 'qy']],
    ['解', '缙', ['xiejin']],
    ['欧阳', '锋', ['ouyangfeng', 'oyf']],
    ['尉迟', '恭', ['yuchigong', 'ycg']],
    ['吕', '布', ['lvbu', 'lubu', 'lübu', 'lyubu', 'lb']],
    ['張', '學友', ['张学友', '張學友', 'zhangxueyou', 'zxy', '张學']],
    ['葉', '問', ['叶问', 'yewen']],
  ])('%s%s', (family, given, values) => {
    const patient = named({ family, given: [given] })
    for (const value of values) expect([value, finds(patient, `name=${value}`)]).toEqual([value, true])
  })

  test('重庆 is read chóngqìng, in a family name param as a surname', () => {
    const organization = { resourceType: 'Organization', name: '重庆医院' }
    expect(finds(organization, 'name=chongqing')).toBe(true)
    expect(finds(organization, 'name=cqyy')).toBe(true)
    expect(finds(organization, 'name=zhongqing')).toBe(false)
    expect(finds(named({ family: '单' }), 'family=shan')).toBe(true)
  })

  test('the parts of a transcribed name are one', () => {
    const patient = named({ text: '阿依古丽·买买提' })
    for (const value of ['阿依古丽·买买提', '阿依古丽买买提', '阿依古丽・买买提', '阿依古丽 买', 'ayiguli', 'ayglmmt']) {
      expect([value, finds(patient, `name=${value}`)]).toEqual([value, true])
    }
  })

  test('family and given of different names are not joined', () => {
    const patient = named({ family: '张', given: ['三'] }, { family: '李', given: ['四'] })
    expect(finds(patient, 'name=张三')).toBe(true)
    expect(finds(patient, 'name=张四')).toBe(false)
    expect(finds(patient, 'name=zhangsi')).toBe(false)
  })

  test('a Chinese address, whole from the province or by each part', () => {
    const patient = { resourceType: 'Patient', address: [{ state: '四川省', city: '成都市', district: '武侯区', line: ['国学巷37号'] }] }
    for (const value of ['四川省成都市武侯区国学巷37号', '四川', '成都', '武侯區', '国学巷３７号']) {
      expect([value, finds(patient, `address=${value}`)]).toEqual([value, true])
    }
    expect(finds(patient, 'address=国学巷38号')).toBe(false)
  })

  test('accents, width and case', () => {
    expect(fold('Müller')).toBe('muller')
    expect(fold('ＡＢＣ　１２')).toBe('abc12')
    expect(fold('  張 三·李 ')).toBe('张三李')
    expect(finds(named({ family: 'Müller' }), 'family=muller')).toBe(true)
    expect(finds(named({ family: 'Muller' }), 'family=mül')).toBe(true)
    expect(finds(named({ family: 'Müller' }), 'family:exact=Muller')).toBe(false)
  })

  test('letters that have a capital in common with others (Unicode, CaseFolding.txt)', () => {
    const capitals = [
      ['Weiß', 'WEISS'],
      ['Weiß', 'WEIẞ'],
      ['ΣΊΣΥΦΟΣ', 'σίσυφος'],
    ] as const
    for (const [one, other] of capitals) {
      expect([one, other, finds(named({ family: one }), `family=${other}`)]).toEqual([one, other, true])
      expect([other, one, finds(named({ family: other }), `family=${one}`)]).toEqual([other, one, true])
    }
    // Its sigma stands at the end of what is sought, but not of the name.
    expect(finds(named({ family: 'Σίσυφος' }), 'family=ΣΊΣ')).toBe(true)
    expect(finds(named({ family: 'Weiß' }), 'family:exact=Weiss')).toBe(false)
  })

  describe('a report that is longer than its key', () => {
    // Each sentence once, of 15 characters, and one character of two code units where pieces may be cut.
    const sentences = Array.from(
      { length: 100 },
      (_, at) => `第${String(at).padStart(3, '0')}层未见异常密度影${at % 7 === 0 ? '𠮷' : '。'}`,
    )
    const text = sentences.join('')
    const report = {
      resourceType: 'Observation',
      status: 'final',
      code: { text: 'CT' },
      valueString: text,
    }
    const containing = (part: string): boolean => finds(report, `value-string:contains=${part}`)

    test('is found by :contains wherever the part stands', () => {
      expect(sentences.filter((one) => !containing(one))).toEqual([])
      const longest = Array.from({ length: text.length - 255 }, (_, at) => text.slice(at, at + 256)).filter((part) => part.isWellFormed())
      expect(longest.length).toBeGreaterThan(1000)
      expect(longest.filter((part) => !containing(part))).toEqual([])
    })

    test('not by what does not stand in it, nor as a beginning by what stands later', () => {
      expect(containing('第100层')).toBe(false)
      expect(containing(`${sentences[50]}${sentences[52]}`)).toBe(false)
      for (const part of [text.slice(256, 266), text.slice(512, 522), sentences[60]])
        expect([part, finds(report, `value-string=${part}`)]).toEqual([part, false])
      expect(finds(report, `value-string=${sentences[0]}`)).toBe(true)
    })
  })

  test('escapes: a comma in a value', () => {
    const patient = { resourceType: 'Patient', address: [{ text: 'Rainbow, Vic' }] }
    expect(finds(patient, 'address=rainbow\\, vic')).toBe(true)
    expect(finds(patient, 'address=x,rainbow')).toBe(true)
    expect(finds({ resourceType: 'Patient', name: [{ text: 'a\\b$c|d' }] }, 'name:exact=a\\\\b\\$c\\|d')).toBe(true)
  })

  test('punctuation of a name is ignored, and found as it was written where nothing else is looked for', () => {
    const odd = named({ family: 'x.*', given: ['(Li)'] })
    for (const query of ['family=x', 'family=x.*', 'family:contains=.*', 'name:contains=.', 'given=li', 'given=(', 'name:contains=)'])
      expect([query, finds(odd, query)]).toEqual([query, true])
    for (const query of ['family=.*', 'family:contains=*.', 'family:contains=(', 'given=)', 'family:contains=!'])
      expect([query, finds(odd, query)]).toEqual([query, false])
  })

  test('pattern and range characters are text', () => {
    expect(finds(wang, 'name=.*')).toBe(false)
    expect(finds(wang, 'name:contains=.')).toBe(false)
    expect(finds(named({ family: '\u{20000}' }), 'family=\u{20000}')).toBe(true)
    expect(finds(named({ family: '\uffff' }), 'family=\uffff')).toBe(true)
  })

  test('long values', () => {
    const description = 'a'.repeat(10_000)
    const library = { resourceType: 'Library', description: `${description}b` }
    expect(finds(library, `description=${description.slice(0, 200)}`)).toBe(true)
    expect(finds(library, `description:exact=${description.slice(0, 1500)}`)).toBe(false)
    expect(refusal('Library', `description=${description.slice(0, 500)}`)).toBe('parameter-invalid')
  })

  test.each([
    ['name=', 'parameter-invalid'],
    ['name= ', 'parameter-invalid'],
    ['name=·', 'parameter-invalid'],
    ['name:not=x', 'modifier-unsupported'],
    ['name:text=x', 'modifier-unsupported'],
    ['name:Patient=x', 'modifier-unsupported'],
  ])('%s is refused as %s', (query, code) => {
    expect(refusal('Patient', query)).toBe(code)
  })
})
