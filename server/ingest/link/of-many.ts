/**
 * Records that are of nobody: a hospital registers whoever has no number of his own under one of its own making ("0000000"), so that ever
 * new names and identity numbers stand under it. Its last one's identity must not see what is of all of them, nor may all that is
 * stored be moved from one to the next with every message. Pure.
 */
import { INGEST_BOUNDS } from '../bounds.ts'
import type { Said } from './decide.ts'
import { compareNames } from './name.ts'

/** Whom a record was said to be, each once; one more of either than one person may have is remembered, and no further ones. */
export interface SaidToBe {
  /** names of which none is like another */
  names: string[]
  /** keys of identity numbers that link */
  numbers: string[]
}

/** What is kept of it with a record; a record of servers that did not keep it has its last name and number alone. */
export interface HasBeenSaid {
  saidToBe?: SaidToBe | null
  name: Said | null
  number: Said | null
}

export const isOfMany = (record: HasBeenSaid | undefined): boolean => record?.saidToBe != null && areMany(record.saidToBe)

export const areMany = ({ names, numbers }: SaidToBe): boolean =>
  names.length > INGEST_BOUNDS.namesInRecordMax || numbers.length > INGEST_BOUNDS.numbersInRecordMax

/** Of a record and those that it absorbs, with what is said now. */
export function saidToBe(records: readonly HasBeenSaid[], now: { name?: string | undefined; number?: string | undefined }): SaidToBe {
  const names = [...records.flatMap((one) => one.saidToBe?.names ?? one.name?.value ?? []), ...(now.name === undefined ? [] : [now.name])]
  const numbers = [
    ...records.flatMap((one) => one.saidToBe?.numbers ?? one.number?.value ?? []),
    ...(now.number === undefined ? [] : [now.number]),
  ]
  const unlike: string[] = []
  for (const name of names) if (unlike.every((known) => compareNames(known, name) === 'different')) unlike.push(name)
  return {
    names: unlike.slice(0, INGEST_BOUNDS.namesInRecordMax + 1),
    numbers: [...new Set(numbers)].slice(0, INGEST_BOUNDS.numbersInRecordMax + 1),
  }
}
