/** Values of primitives: in XML all of them are text (R4 json.html#primitive says which are not in JSON). */

/** The digits stay as they are written (R4 datatypes.html#decimal). */
const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
/** A plus sign, which R4 lets an integer have, is none of JSON's. */
const INTEGER = /^\+?(-?(?:0|[1-9]\d*))$/

/** JSON text; undefined for what is no value of a type that JSON writes without quotes. All others are left to validation. */
export function valueToJson(type: string, value: string): string | undefined {
  switch (type) {
    case 'boolean':
      return value === 'true' || value === 'false' ? value : undefined
    case 'decimal':
      return DECIMAL.test(value) ? value : undefined
    case 'integer':
    case 'unsignedInt':
    case 'positiveInt':
      return value.startsWith('+-') ? undefined : INTEGER.exec(value)?.[1]
    default:
      return JSON.stringify(value)
  }
}
