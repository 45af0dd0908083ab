/** What is made of a resource about to be stored: its labels, and whose it is. */
import type { Acc } from './decision.ts'

export interface Stamped {
  acc: Acc
  /** patients that it refers to, by their own ids */
  patients: readonly string[]
  /** who each of them was: see `personsOf` */
  personOf: ReadonlyMap<string, string>
  /** what it takes labels or persons from, as it stood: `Type/id` to its labels and persons, '' where nothing was */
  leansOn: ReadonlyMap<string, string>
  /** the search keys with those by which the master Patient of a linked one finds the resource */
  withMasterKeys(keys: readonly string[]): string[]
}
