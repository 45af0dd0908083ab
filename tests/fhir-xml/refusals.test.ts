/** What the XML of a resource may not be (R4 xml.html): each is refused with its own code, its place and a status of 4xx. */
import { describe, expect, test } from '@jest/globals'
import { fromXml, fromXmlInTurns } from '../../server/fhir-xml/from-xml.ts'
import { XHTML_DEPTH_MAX } from '../../server/fhir-xml/narrative.ts'
import { XML_BYTES_MAX } from '../../server/fhir-xml/xml-bytes.ts'
import { ITEMS_MAX } from '../../server/fhir/resource-text.ts'
import { ISSUES } from '../../server/outcome/issues.ts'
import { fill } from '../../server/outcome/render.ts'
import { type OutcomeIssue, OutcomeError } from '../../server/outcome/outcome-error.ts'

const FHIR = 'xmlns="http://hl7.org/fhir"'
const XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
const patient = (content: string) => `<Patient ${FHIR}>${content}</Patient>`
const narrative = (div: string) => patient(`<text><status value="generated"/>${div}</text>`)
const observation = (value: string) => `<Observation ${FHIR}>${value}</Observation>`
const extension = (url: string, content: string) => `<extension url="${url}">${content}</extension>`

function refusal(xml: string | Uint8Array): OutcomeIssue & { status: number } {
  try {
    fromXml(typeof xml === 'string' ? Buffer.from(xml) : xml)
  } catch (error) {
    if (error instanceof OutcomeError) return { ...(error.issues[0] as OutcomeIssue), status: error.status }
    throw error
  }
  throw new Error('was not refused')
}

describe('wrong FHIR', () => {
  test.each([
    ['no resource', `<Patience ${FHIR}/>`, 'xml-resource', undefined],
    ['an abstract type', `<DomainResource ${FHIR}/>`, 'xml-resource', undefined],
    ['a data type', `<HumanName ${FHIR}/>`, 'xml-resource', undefined],
    ['no namespace', '<Patient/>', 'xml-namespace', 'Patient'],
    ['another namespace', '<Patient xmlns="urn:hl7-org:v3"/>', 'xml-namespace', 'Patient'],
    ['an element of another namespace', patient('<x:gender xmlns:x="urn:x" value="male"/>'), 'xml-namespace', 'Patient.gender'],
    ['a strange element of another namespace', patient('<x:odd xmlns:x="urn:x"/>'), 'xml-namespace', 'Patient.odd'],
    ['an unknown element', patient('<nmae value="x"/>'), 'unknown-element', 'Patient.nmae'],
    [
      'an unknown element inside',
      patient('<name/><name><first value="x"/></name>').replace('<name/>', '<name><text value="a"/></name>'),
      'unknown-element',
      'Patient.name[1].first',
    ],
    ['the JSON name of an extension', patient('<_birthDate/>'), 'unknown-element', 'Patient.?'],
    ['resourceType', patient('<resourceType value="Patient"/>'), 'unknown-element', 'Patient.resourceType'],
    ['a choice without its type', observation('<value value="x"/>'), 'unknown-element', 'Observation.value'],
    ['a choice of no such type', observation('<valueAddress/>'), 'unknown-element', 'Observation.valueAddress'],
    ['the id of an element as an element', patient('<name><id value="x"/></name>'), 'unknown-element', 'Patient.name[0].id'],
    [
      'the url of an extension as an element',
      patient('<extension><url value="urn:x"/></extension>'),
      'unknown-element',
      'Patient.extension[0].url',
    ],
    ['the id of a resource as an attribute', `<Patient ${FHIR} id="x"/>`, 'xml-attribute', '@id'],
    ['a value where none is', patient('<name value="x"/>'), 'xml-attribute', 'Patient.name[0].@value'],
    ['an unknown attribute', patient('<active value="true" lang="zh"/>'), 'xml-attribute', 'Patient.active.@lang'],
    ['an attribute of another namespace', patient('<active x:value="true" xmlns:x="urn:x"/>'), 'xml-attribute', 'Patient.active.@value'],
    [
      'a place for a schema',
      `<Patient ${FHIR} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b"/>`,
      'xml-attribute',
      '@schemaLocation',
    ],
    ['a language of XML', patient('<active value="true" xml:lang="zh"/>'), 'xml-attribute', 'Patient.active.@lang'],
    ['another order', patient('<gender value="male"/><active value="true"/>'), 'xml-order', 'Patient.active'],
    ['another order inside', patient('<name><given value="a"/><family value="b"/></name>'), 'xml-order', 'Patient.name[0].family'],
    [
      'a list in two parts',
      patient('<name><text value="a"/></name><gender value="male"/><name><text value="b"/></name>'),
      'xml-order',
      'Patient.name',
    ],
    ['twice what is there once', patient('<gender value="male"/><gender value="male"/>'), 'xml-repeated', 'Patient.gender'],
    ['two of one choice', observation('<valueString value="a"/><valueInteger value="1"/>'), 'xml-repeated', 'Observation.value'],
    ['text in a resource', patient('words'), 'xml-text', 'Patient'],
    ['text beside a value', patient('<active value="true">true</active>'), 'xml-text', 'Patient.active'],
    ['text in CDATA', patient('<![CDATA[words]]>'), 'xml-text', 'Patient'],
    ['an empty element', patient('<name/>'), 'xml-empty', 'Patient.name[0]'],
    ['an empty primitive', patient('<active/>'), 'xml-empty', 'Patient.active'],
    ['a primitive with an id only', patient('<active id="x"/>'), 'xml-empty', 'Patient.active'],
    ['an empty value', patient('<active value=""/>'), 'xml-empty', 'Patient.active.@value'],
    ['a boolean of another kind', patient('<active value="1"/>'), 'value-format', 'Patient.active'],
    ['a boolean with a space', patient('<active value=" true"/>'), 'value-format', 'Patient.active'],
    ['an integer with a fraction', patient('<multipleBirthInteger value="2.0"/>'), 'value-format', 'Patient.multipleBirth'],
    ['an integer with a zero before it', patient('<multipleBirthInteger value="02"/>'), 'value-format', 'Patient.multipleBirth'],
    ['an integer with both signs', patient('<multipleBirthInteger value="+-2"/>'), 'value-format', 'Patient.multipleBirth'],
    [
      'a decimal of JSON that goes on',
      observation('<valueQuantity><value value="1,&quot;unit&quot;:2"/></valueQuantity>'),
      'value-format',
      'Observation.value.value',
    ],
    [
      'a decimal without a number',
      observation('<valueQuantity><value value="NaN"/></valueQuantity>'),
      'value-format',
      'Observation.value.value',
    ],
    ['two contained in one', patient(`<contained><Basic/><Basic/></contained>`), 'xml-resource', 'Patient.contained[0]'],
    ['none contained', patient('<contained/>'), 'xml-resource', 'Patient.contained[0]'],
    ['no resource contained', patient('<contained><name/></contained>'), 'xml-resource', 'Patient.contained[0]'],
    [
      'wrong inside an entry',
      `<Bundle ${FHIR}><type value="batch"/><entry><resource><Patient><active value="x"/></Patient></resource></entry></Bundle>`,
      'value-format',
      'Bundle.entry[0].resource.active',
    ],
    ['narrative in the namespace of FHIR', narrative('<div><p>x</p></div>'), 'xml-namespace', 'Patient.text.div'],
    ['FHIR inside narrative', narrative(`<div ${XHTML}><p ${FHIR}>x</p></div>`), 'xml-namespace', 'Patient.text.p'],
    ['two narratives', narrative(`<div ${XHTML}>a</div><div ${XHTML}>b</div>`), 'xml-repeated', 'Patient.text.div'],
  ])('%s', (_name, xml, code, place) => {
    const { status, ...issue } = refusal(xml)
    expect([issue.code, issue.expression?.[0], status]).toEqual([code, place, 400])
  })

  test('says where in both languages', () => {
    const issue = refusal(`<Patient ${FHIR}>\n  <active value="true"/>\n  <gender value="male">x</gender></Patient>`)
    expect(fill(ISSUES[issue.code].en, issue.params)).toBe('No text is allowed here (line 3, column 25)')
    expect(fill(ISSUES[issue.code].zh, issue.params)).toBe('此处不允许文本（第 3 行第 25 列）')
  })

  test('does not repeat what could be data', () => {
    for (const name of ['王建国', 'a110101199003071233-x', 'a'.repeat(70)])
      expect(refusal(patient(`<${name}/>`)).expression).toEqual(['Patient.?'])
  })
})

describe('wrong XML', () => {
  test.each([
    ['nothing', ''],
    ['no XML', 'abc'],
    ['JSON', '{"resourceType":"Patient"}'],
    ['an open end', `<Patient ${FHIR}><active value="true"/>`],
    ['crossed tags', patient('<name><text value="a"></name></text>')],
    ['two roots', patient('') + patient('')],
    ['text behind', `${patient('')}x`],
    ['an attribute twice', patient('<active value="true" value="false"/>')],
    ['an attribute twice by two prefixes', patient('<active a:b="1" c:b="1" xmlns:a="urn:x" xmlns:c="urn:x" value="true"/>')],
    ['no quotes', patient('<active value=true/>')],
    ['< in a value', patient('<name><text value="a<b"/></name>')],
    ['an unknown entity', patient('<name><text value="&nbsp;"/></name>')],
    ['an unknown entity in narrative', narrative(`<div ${XHTML}>&nbsp;</div>`)],
    ['NUL', patient('<name><text value="a\u0000b"/></name>')],
    ['a reference to NUL', patient('<name><text value="a&#0;b"/></name>')],
    ['a reference to a control character', patient('<name><text value="&#x1;"/></name>')],
    ['half a character', patient('<name><text value="&#xD800;"/></name>')],
    ['a reference beyond Unicode', patient('<name><text value="&#x110000;"/></name>')],
    ['an unbound prefix', `<f:Patient/>`],
    ['a declaration in the middle', ` <?xml version="1.0"?>${patient('')}`],
  ])('%s', (_name, xml) => {
    const { code, params, status } = refusal(xml)
    expect([code, status, typeof params?.line]).toEqual(['xml-invalid', 400, 'number'])
  })

  test.each([
    ['an entity of its own', '<!DOCTYPE Patient [<!ENTITY a "b">]>'],
    ['an outer definition', '<!DOCTYPE Patient SYSTEM "http://127.0.0.1:1/x.dtd">'],
    ['an outer file', '<!DOCTYPE Patient [<!ENTITY a SYSTEM "file:///etc/passwd">]>'],
    ['a name only', '<!DOCTYPE Patient>'],
  ])('a DOCTYPE with %s', (_name, doctype) => {
    const { code, status } = refusal(`<?xml version="1.0"?>${doctype}${patient('<name><text value="&a;"/></name>')}`)
    expect([code, status]).toEqual(['xml-doctype', 400])
  })

  test('XML 1.1 has other characters', () => {
    expect(refusal(`<?xml version="1.1"?>${patient('')}`).code).toBe('xml-version')
  })
})

describe('encodings', () => {
  const declared = (encoding: string) => `<?xml version="1.0" encoding="${encoding}"?>${patient('<name><text value="王"/></name>')}`
  test.each(['GBK', 'GB18030', 'iso-8859-1', 'UTF-16', 'US-ASCII'])('%s is refused, whatever the bytes are', (encoding) => {
    expect(refusal(declared(encoding))).toMatchObject({ code: 'xml-encoding', status: 415 })
  })

  test('UTF-16 is refused, with and without a mark of its order', () => {
    expect(refusal(Buffer.from(`\ufeff${declared('UTF-16')}`, 'utf16le')).code).toBe('xml-encoding')
    expect(refusal(Buffer.from(patient(''), 'utf16le')).status).toBe(400)
  })

  test('what is no UTF-8 is refused', () => {
    expect(refusal(Buffer.from(declared('UTF-8').replace('王', '\u00cd'), 'latin1'))).toMatchObject({
      code: 'charset-invalid',
      status: 400,
    })
  })

  test('UTF-8 may say so and have a mark', () => {
    for (const encoding of ['UTF-8', 'utf-8', 'utf8'])
      expect(JSON.parse(fromXml(Buffer.from(`\ufeff${declared(encoding)}`))).name[0].text).toBe('王')
  })
})

describe('size', () => {
  const MB = 1024 * 1024
  const nested = (n: number) => patient(`${extension('urn:x', '').replace('</extension>', '').repeat(n)}${'</extension>'.repeat(n)}`)

  test.each([
    ['deep elements', () => nested(5000), 'xml-depth', 400],
    ['an open end of deep elements', () => `<Patient ${FHIR}>${'<extension url="x">'.repeat(200_000)}`, 'xml-depth', 400],
    ['deep narrative', () => narrative(`<div ${XHTML}>${'<b>'.repeat(500_000)}`), 'xml-depth', 400],
    ['many attributes', () => `<Patient ${Array.from({ length: 200_000 }, (_, n) => `a${n}="x"`).join(' ')}/>`, 'xml-attributes', 400],
    [
      'a list of many items',
      () => patient(`<language value="zh"/>${'<name><text value="a"/></name>'.repeat(ITEMS_MAX + 1)}`),
      'json-items',
      413,
    ],
    ['many elements of narrative', () => narrative(`<div ${XHTML}>${'<b/>'.repeat(2_100_000)}</div>`), 'xml-elements', 413],
    ['many comments', () => patient('<!--a-->'.repeat(ITEMS_MAX + 1)), 'xml-elements', 413],
    ['many processing instructions', () => patient('<?a b?>'.repeat(ITEMS_MAX + 1)), 'xml-elements', 413],
    ['much CDATA', () => narrative(`<div ${XHTML}>${'<![CDATA[a]]>'.repeat(ITEMS_MAX + 1)}</div>`), 'xml-elements', 413],
    ['more than is read', () => patient(' '.repeat(XML_BYTES_MAX)), 'body-too-large', 413],
    ['many entities', () => patient(`<name><text value="${'&amp;'.repeat(MB)}"/></name`), 'xml-invalid', 400],
    [
      'a billion laughs',
      () => {
        const entities = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`)
        return `<!DOCTYPE Patient [<!ENTITY l0 "ha">${entities.join('')}]>${patient('<name><text value="&l9;"/></name>')}`
      },
      'xml-doctype',
      400,
    ],
    ['a long DOCTYPE', () => `<!DOCTYPE Patient [${'<!-- x -->'.repeat(MB)}]>${patient('')}`, 'xml-doctype', 400],
  ])('%s: refused', (_name, make, code, status) => {
    const xml = make()
    const { code: found, status: answered } = refusal(xml)
    expect([found, answered]).toEqual([code, status])
  })

  test('others get their turn meanwhile', async () => {
    const xml = Buffer.from(narrative(`<div ${XHTML}>${'<p>a</p>\r\n'.repeat(400_000)}</div>`))
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    const json = await fromXmlInTurns(xml)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(5)
    expect(json === fromXml(xml)).toBe(true)
    expect(JSON.parse(json).text.div).toBe(`<div ${XHTML}>${'<p>a</p>\r\n'.repeat(400_000)}</div>`)
  })

  test('one huge value is no more than a value', () => {
    const value = 'x'.repeat(20 * MB)
    expect(fromXml(Buffer.from(patient(`<name><text value="${value}"/></name>`))).length).toBeGreaterThan(value.length)
  })

  test('narrative may be as deep as the limit, and no deeper', () => {
    const deep = (n: number) => narrative(`<div ${XHTML}>${'<b>'.repeat(n)}${'</b>'.repeat(n)}</div>`)
    expect(JSON.parse(fromXml(Buffer.from(deep(XHTML_DEPTH_MAX - 1)))).text.div).toContain('<b>')
    expect(refusal(deep(XHTML_DEPTH_MAX)).code).toBe('xml-depth')
  })
})
