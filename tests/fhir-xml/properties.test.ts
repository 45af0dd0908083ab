/** Laws of the conversion, on resources of every type made at random. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fromXml } from '../../server/fhir-xml/from-xml.ts'
import { toXml } from '../../server/fhir-xml/to-xml.ts'
import { OutcomeError } from '../../server/outcome/outcome-error.ts'
import { resourceText } from './arbitrary.ts'
import { isSame } from './same.ts'

const read = (xml: string) => fromXml(Buffer.from(xml))

describe('any resource', () => {
  test('is the same after a way through XML, in one line and in many', () => {
    fc.assert(
      fc.property(fc.gen(), fc.boolean(), (draw, pretty) => {
        const json = resourceText(draw, 5)
        const back = read(toXml(json, { pretty }))
        if (!isSame(back, json)) expect(back).toBe(json)
      }),
      { numRuns: 1500 },
    )
  })

  test('has one XML, whatever the order of its members', () => {
    fc.assert(
      fc.property(fc.gen(), (draw) => {
        const xml = toXml(resourceText(draw, 4))
        expect(toXml(read(xml))).toBe(xml)
      }),
      { numRuns: 500 },
    )
  })
})

test('XML that is broken at any place is refused, or is still a resource; nothing else happens', () => {
  const noise = fc.constantFrom(
    '<',
    '>',
    '"',
    '&',
    '/',
    'x',
    '\u0000',
    '<a/>',
    '<!--',
    '<![CDATA[',
    '<?x?>',
    ' xmlns="y"',
    '</',
    '&#0;',
    '=',
  )
  fc.assert(
    fc.property(fc.gen(), noise, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(3), (draw, added, place, removed) => {
      const xml = toXml(resourceText(draw, 4))
      const at = Math.floor(place * xml.length)
      try {
        expect(JSON.parse(read(xml.slice(0, at) + added + xml.slice(at + removed)))).toHaveProperty('resourceType')
      } catch (error) {
        if (!(error instanceof OutcomeError)) throw error
        expect(error.status).toBeGreaterThanOrEqual(400)
        expect(error.status).toBeLessThan(500)
      }
    }),
    { numRuns: 1500 },
  )
})
