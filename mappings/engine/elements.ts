/** Types of what a mapping builds: FHIR types with references as keys, decimals exact, and rules at any place. */
import type { KeyReference, PatientReference } from './types.ts'
import type { Rule } from './rule.ts'
import type { Decimal } from './values/decimal.ts'

export type MappedReference = KeyReference | PatientReference | { display: string }

/** T as it is after mapping. A Reference is known by its own two elements. */
export type Built<T> = T extends number
  ? number | Decimal
  : T extends string | boolean
    ? T
    : T extends readonly (infer Item)[]
      ? Built<Item>[]
      : T extends object
        ? 'reference' extends keyof T
          ? 'identifier' extends keyof T
            ? MappedReference
            : { [K in keyof T]: Built<T[K]> }
          : { [K in keyof T]: Built<T[K]> }
        : T

/** T as it is written in a mapping: a rule, or the value, or a structure of these. */
export type Ruled<T> =
  | Rule<Built<T>>
  | (T extends number
      ? number | Decimal
      : T extends string | boolean
        ? T
        : T extends readonly (infer Item)[]
          ? readonly (Ruled<Item> | undefined)[]
          : T extends object
            ? 'reference' extends keyof T
              ? 'identifier' extends keyof T
                ? MappedReference
                : { readonly [K in keyof T]?: Ruled<T[K]> | undefined }
              : { readonly [K in keyof T]?: Ruled<T[K]> | undefined }
            : T)

/** Elements of a resource as rules; what the engine writes itself is left out. */
export type RulesOf<Resource> = {
  readonly [K in keyof Resource as K extends 'resourceType' | 'id' | 'meta' ? never : K]?: Ruled<Resource[K]> | undefined
}
