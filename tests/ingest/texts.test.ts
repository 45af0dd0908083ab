/** Texts made of the texts of parts are those that JSON.stringify makes of the whole: digests of deliveries hang on them. */
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Decimal } from '../../mappings/engine/values/decimal.ts'
import { textsOf } from '../../server/ingest/texts.ts'

const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.constantFrom('1.00', '0.50', '12').map((text) => new Decimal(text)),
)
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ maxLength: 6 }), tie('value'), { maxKeys: 5 }),
    fc.dictionary(fc.string({ maxLength: 6 }), tie('value'), { maxKeys: 5 }).map((members) => ({ resourceType: 'Basic', ...members })),
  ),
}))

test('of any value, and again of its parts', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ maxLength: 6 }), value, { maxKeys: 6 }), (members) => {
      const resource = { resourceType: 'Observation', ...members }
      const texts = textsOf()
      expect(texts(resource)).toBe(JSON.stringify(resource))
      for (const member of Object.values(resource)) if (member !== undefined) expect(texts(member)).toBe(JSON.stringify(member))
      expect(texts(resource)).toBe(JSON.stringify(resource))
    }),
  )
})
