/** Line and column of elements in XML, counted by hand. */
import { expect, test } from '@jest/globals'
import { placesInXml } from '../../server/fhir-xml/xml-places.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

const TEXT = `<?xml version="1.0"?>
<!-- <status value="none"/> -->
<Observation xmlns="http://hl7.org/fhir">
  <text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p title="a > b">x</p></div></text>
  <contained><Patient><id value="p"/>
    <gender value='>'/></Patient></contained>
  <status id="a"/>
  <code><coding><code value="x"/></coding>
    <coding><code value="y"/></coding></code>
  <valueQuantity><value value="1.0"/></valueQuantity>
</Observation>`

test.each([
  ['Observation', 3, 1],
  ['Observation.text.status', 4, 9],
  ['Observation.contained[0]', 5, 3],
  ['Observation.contained[0].id', 5, 23],
  ['Observation.contained[0].gender', 6, 5],
  ['Observation.status', 7, 3],
  ['Observation.code', 8, 3],
  ['Observation.code.coding[0].code', 8, 17],
  ['Observation.code.coding[1]', 9, 5],
  ['Observation.code.coding[1].code', 9, 13],
  ['Observation.value.value', 10, 18],
  // What is not there, and what is an attribute: the nearest above.
  ['Observation.status.id', 7, 3],
  ['Observation.subject', 3, 1],
])('the place of %s', (expression, line, column) => {
  expect(placesInXml(bytes(TEXT))(expression)).toEqual({ line, column })
})

test('the place in a resource inside of the text, with a prefix', () => {
  const text = `<f:Parameters xmlns:f="http://hl7.org/fhir"><f:parameter><f:name value="resource"/>
<f:resource><f:Patient><f:gender value="x"/></f:Patient></f:resource></f:parameter></f:Parameters>`
  expect(placesInXml(bytes(text), 'Parameters.parameter[0].resource')('Patient.gender')).toEqual({ line: 2, column: 24 })
})
