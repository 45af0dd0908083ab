/** One by one what R4 xml.html and json.html say about the two forms; both sides written by hand. */
import { describe, expect, test } from '@jest/globals'
import { fromXml } from '../../server/fhir-xml/from-xml.ts'
import { toXml } from '../../server/fhir-xml/to-xml.ts'
import { parseResource } from '../../server/fhir/resource-text.ts'
import { createValidator } from '../../server/validation/validator.ts'

const FHIR = 'xmlns="http://hl7.org/fhir"'
const DIV = '<div xmlns="http://www.w3.org/1999/xhtml">'
const HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
const read = (xml: string) => JSON.parse(fromXml(Buffer.from(xml)))

describe('both ways', () => {
  test.each([
    ['a resource without elements', '{"resourceType":"Basic"}', `<Basic ${FHIR}/>`],
    [
      'the id of a resource is an element, that of an element an attribute',
      '{"resourceType":"Patient","id":"a","name":[{"id":"n1","text":"王"}]}',
      `<Patient ${FHIR}><id value="a"/><name id="n1"><text value="王"/></name></Patient>`,
    ],
    [
      'id and extension of a primitive',
      '{"resourceType":"Patient","birthDate":"1970-03-30","_birthDate":{"id":"314159","extension":[{"url":"http://example.org/text","valueString":"Easter 1970"}]}}',
      `<Patient ${FHIR}><birthDate id="314159" value="1970-03-30"><extension url="http://example.org/text"><valueString value="Easter 1970"/></extension></birthDate></Patient>`,
    ],
    [
      'an extension in the place of a value',
      '{"resourceType":"Patient","_active":{"extension":[{"url":"urn:why","valueCode":"unknown"}]}}',
      `<Patient ${FHIR}><active><extension url="urn:why"><valueCode value="unknown"/></extension></active></Patient>`,
    ],
    [
      'lists in which only some have an extension or a value',
      '{"resourceType":"Patient","name":[{"given":["a",null,"c"],"_given":[null,{"extension":[{"url":"urn:x","valueBoolean":true}]},{"id":"g"}]}]}',
      `<Patient ${FHIR}><name><given value="a"/><given><extension url="urn:x"><valueBoolean value="true"/></extension></given><given id="g" value="c"/></name></Patient>`,
    ],
    [
      'numbers and booleans',
      '{"resourceType":"Observation","valueQuantity":{"value":6.50},"component":[{"valueInteger":-3},{"valueBoolean":false},{"valueQuantity":{"value":1E-3}}]}',
      `<Observation ${FHIR}><valueQuantity><value value="6.50"/></valueQuantity><component><valueInteger value="-3"/></component><component><valueBoolean value="false"/></component><component><valueQuantity><value value="1E-3"/></valueQuantity></component></Observation>`,
    ],
    [
      'contained resources',
      '{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"x"},{"resourceType":"Basic","id":"b"}],"active":true}',
      `<Patient ${FHIR}><contained><Organization><id value="o"/><name value="x"/></Organization></contained><contained><Basic><id value="b"/></Basic></contained><active value="true"/></Patient>`,
    ],
    [
      'entries of a Bundle',
      '{"resourceType":"Bundle","type":"batch","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","active":true},"request":{"method":"POST","url":"Patient"}}]}',
      `<Bundle ${FHIR}><type value="batch"/><entry><fullUrl value="urn:uuid:1"/><resource><Patient><active value="true"/></Patient></resource><request><method value="POST"/><url value="Patient"/></request></entry></Bundle>`,
    ],
    [
      'Parameters with resources and parts',
      '{"resourceType":"Parameters","parameter":[{"name":"a","resource":{"resourceType":"Basic"}},{"name":"b","part":[{"name":"c","valueDecimal":1.0}]}]}',
      `<Parameters ${FHIR}><parameter><name value="a"/><resource><Basic/></resource></parameter><parameter><name value="b"/><part><name value="c"/><valueDecimal value="1.0"/></part></parameter></Parameters>`,
    ],
    [
      'elements that have the content of others',
      '{"resourceType":"Questionnaire","item":[{"linkId":"1","item":[{"linkId":"1.1","item":[{"linkId":"1.1.1"}]}]}]}',
      `<Questionnaire ${FHIR}><item><linkId value="1"/><item><linkId value="1.1"/><item><linkId value="1.1.1"/></item></item></item></Questionnaire>`,
    ],
    [
      'narrative as it is',
      `{"resourceType":"Patient","text":{"status":"generated","div":"${DIV.replaceAll('"', '\\"')}\\r\\n <p title='a'>&lt;&#160;<br/>\\t]]&gt;</p><!-- c --></div>"}}`,
      `<Patient ${FHIR}><text><status value="generated"/>${DIV}\r\n <p title='a'>&lt;&#160;<br/>\t]]&gt;</p><!-- c --></div></text></Patient>`,
    ],
    [
      'lines, tabs and quotes of a text',
      '{"resourceType":"Patient","name":[{"text":"a\\nb\\tc\\r\\n\\"d\\" <e> & \'f\' "}]}',
      `<Patient ${FHIR}><name><text value="a&#10;b&#9;c&#13;&#10;&quot;d&quot; &lt;e&gt; &amp; 'f' "/></name></Patient>`,
    ],
  ])('%s', (_name, json, xml) => {
    expect(toXml(json)).toBe(HEAD + xml)
    expect(fromXml(Buffer.from(xml))).toBe(json)
  })
})

test('elements are put in the order of the definition', () => {
  const json =
    '{"birthDate":"2000","resourceType":"Patient","_birthDate":{"extension":[{"valueCode":"x","url":"urn:x"}]},"name":[{"given":["b"],"family":"a"}],"meta":{"versionId":"1"},"id":"i"}'
  expect(toXml(json)).toBe(
    `${HEAD}<Patient ${FHIR}><id value="i"/><meta><versionId value="1"/></meta><name><family value="a"/><given value="b"/></name><birthDate value="2000"><extension url="urn:x"><valueCode value="x"/></extension></birthDate></Patient>`,
  )
})

test('in lines, narrative stays in its own', () => {
  const json = `{"resourceType":"Patient","text":{"status":"generated","div":"${DIV.replaceAll('"', '\\"')}a\\nb</div>"},"name":[{"given":["a"]}]}`
  expect(toXml(json, { pretty: true })).toBe(
    `${HEAD}\n<Patient ${FHIR}>\n  <text>\n    <status value="generated"/>\n    ${DIV}a\nb</div>\n  </text>\n  <name>\n    <given value="a"/>\n  </name>\n</Patient>\n`,
  )
})

describe('what means the same in XML', () => {
  const expected = { resourceType: 'Patient', text: { status: 'generated', div: `${DIV}<p class="a">b &amp; c</p></div>` }, active: true }
  test.each([
    [
      'white space, comments and instructions',
      `<?xml-stylesheet href="x"?><!-- a --><Patient ${FHIR}>\n\t<text><status value="generated"/>${DIV}<p class="a">b &amp; c</p></div> </text><!-- b --><active value="true"></active>\r\n</Patient>\n`,
    ],
    [
      'prefixes for FHIR',
      `<f:Patient xmlns:f="http://hl7.org/fhir"><f:text><f:status value="generated"/>${DIV}<p class="a">b &amp; c</p></div></f:text><f:active value="true"/></f:Patient>`,
    ],
    [
      'prefixes for XHTML',
      `<Patient ${FHIR} xmlns:h="http://www.w3.org/1999/xhtml"><text><status value="generated"/><h:div><h:p class="a"><![CDATA[b & c]]></h:p></h:div></text><active value="true"/></Patient>`,
    ],
    [
      'an outer default for XHTML',
      `<f:Patient xmlns:f="http://hl7.org/fhir" xmlns="http://www.w3.org/1999/xhtml"><f:text><f:status value="generated"/><div><p class="a">b &amp; c</p></div></f:text><f:active value="true"/></f:Patient>`,
    ],
    [
      'references to characters',
      `<Patient ${FHIR}><text><status value="&#103;enerated"/>${DIV}<p class="a">b &amp; c</p></div></text><active value="&#x74;rue"/></Patient>`,
    ],
  ])('%s', (_name, xml) => {
    expect(read(xml)).toEqual(expected)
  })

  test('a plus sign before an integer (R4 datatypes.html#integer)', () => {
    expect(fromXml(Buffer.from(`<Patient ${FHIR}><multipleBirthInteger value="+2"/></Patient>`))).toBe(
      '{"resourceType":"Patient","multipleBirthInteger":2}',
    )
  })
})

describe('narrative that is no XHTML cannot break out', () => {
  const shown = (div: string) => toXml(JSON.stringify({ resourceType: 'Patient', text: { status: 'generated', div }, active: true }))
  test.each([
    '</div></text><active value="false"/><text>',
    '<div>a</div><script/>',
    '<div xmlns="http://www.w3.org/1999/xhtml">open',
    '<div xmlns="http://www.w3.org/1999/xhtml">&nbsp;</div>',
    '<div xmlns="http://hl7.org/fhir"><active value="false"/></div>',
    '<div xmlns="http://www.w3.org/1999/xhtml"><active xmlns="http://hl7.org/fhir" value="false"/></div>',
    '<div xmlns="http://www.w3.org/1999/xhtml">\u0001</div>',
    '<!DOCTYPE div [<!ENTITY a "b">]><div>&a;</div>',
    '<?x y?><div xmlns="http://www.w3.org/1999/xhtml"/>',
    'words only',
    `<div xmlns="http://www.w3.org/1999/xhtml">${'<b>'.repeat(300)}${'</b>'.repeat(300)}</div>`,
  ])('%s', (div) => {
    const back = read(shown(div))
    expect(Object.keys(back)).toEqual(['resourceType', 'text', 'active'])
    expect([back.text.status, back.active]).toEqual(['generated', true])
    expect(back.text.div).toMatch(/^<div xmlns="http:\/\/www.w3.org\/1999\/xhtml">[^<]*<\/div>$/)
  })

  test.each([' ', '\n', '\t\r\n '])('what is blank around it is left out (%j)', (blank) => {
    const div = '<div xmlns="http://www.w3.org/1999/xhtml">a</div>'
    const patient = { resourceType: 'Patient', text: { status: 'generated', div: `${blank}${div}${blank}` } }
    expect(toXml(JSON.stringify(patient), { pretty: false })).toContain(`<status value="generated"/>${div}</text>`)
  })

  test('without its namespace it gets it', () => {
    expect(read(shown('<div><p>a</p></div>')).text.div).toBe(`${DIV}<p>a</p></div>`)
  })
})

test('what XML has no character for is shown as lost', () => {
  const json = JSON.stringify({ resourceType: 'Patient', identifier: [{ system: 'urn:\u0001\ufffe\ud800x' }] })
  expect(read(toXml(json)).identifier[0].system).toBe('urn:\ufffd\ufffd\ufffdx')
})

test('narrative of XML is looked at as that of JSON is', () => {
  const validator = createValidator()
  const errors = (div: string) => {
    const xml = `<Patient ${FHIR}><text><status value="generated"/>${div}</text></Patient>`
    const { resource } = parseResource(fromXml(Buffer.from(xml)))
    return validator
      .validate(resource, { mode: 'create' })
      .filter(({ severity }) => severity === 'error')
      .map(({ rule }) => rule)
  }
  expect(errors(`${DIV}<p>a</p></div>`)).toEqual([])
  expect(errors(`${DIV}<script>a</script></div>`)).toContain('txt-1')
  expect(errors(`${DIV} </div>`)).toContain('txt-2')
})
