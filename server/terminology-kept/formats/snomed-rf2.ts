/**
 * SNOMED CT, a snapshot of release format 2: a folder with the files of concepts, descriptions and relationships. Concepts in the order of their
 * file, with what they are under by `is a`; identifiers are kept as numbers of places, descriptions on the disk, so that the whole of an edition
 * takes some hundred MB.
 */
import { createReadStream, openSync, closeSync, readSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Format, LoadedConcept } from '../format.ts'
import type { RowEvent } from '../rows.ts'

const IS_A = '116680003'
const FULLY_SPECIFIED = '900000000000003001'
const LINE_BYTES_MAX = 16_384

/** Its rows come of a folder: what a row of a table becomes is not asked. */
export const snomedRf2: Format = {
  id: 'snomed-rf2',
  url: 'http://snomed.info/sct',
  name: 'SNOMED_CT',
  title: ['SNOMED CT（RF2 Snapshot 文件夹）', 'SNOMED CT (folder of an RF2 snapshot)'],
  columns: {},
  required: [],
  properties: ['moduleId', 'definitionStatusId', 'effectiveTime'],
  hierarchical: true,
  concepts: () => [],
}

export interface Rf2Files {
  concepts: string
  descriptions: string[]
  relationships: string
}

/** @returns what is missing, where something is */
export async function rf2Files(folder: string): Promise<Rf2Files | string> {
  const names = await readdir(folder, { recursive: true })
  const find = (kind: string) => names.filter((name) => new RegExp(`(?:^|/)x?sct2_${kind}_.*Snapshot.*\\.txt$`).test(name)).sort()
  const [concepts, relationships, descriptions] = [find('Concept')[0], find('Relationship')[0], find('Description')]
  if (concepts === undefined) return 'sct2_Concept_Snapshot*.txt'
  if (relationships === undefined) return 'sct2_Relationship_Snapshot*.txt'
  if (descriptions.length === 0) return 'sct2_Description_Snapshot*.txt'
  return {
    concepts: join(folder, concepts),
    relationships: join(folder, relationships),
    descriptions: descriptions.map((name) => join(folder, name)),
  }
}

export async function* rf2Rows(files: Rf2Files): AsyncGenerator<RowEvent> {
  const places = new Map<string, number>()
  for await (const [id = ''] of fieldsOf(files.concepts)) places.set(id, places.size)
  const ids = [...places.keys()]
  const over = await parentsOf(files.relationships, places)
  const described = await Promise.all(files.descriptions.map((file) => descriptionsOf(file, places)))
  try {
    let row = 0
    for await (const [code = '', effectiveTime = '', active, moduleId = '', definitionStatusId = ''] of fieldsOf(files.concepts)) {
      row++
      const place = places.get(code) ?? 0
      const terms = described.flatMap((file) => file.termsOf(place))
      const full = terms.find(({ type }) => type === FULLY_SPECIFIED) ?? terms[0]
      if (!full) {
        // One that was given up before it had a name in this edition is not missed.
        if (active === '1') yield { kind: 'bad', row, problem: 'row-display-missing' }
        continue
      }
      const parents = over(place)
      const concept: LoadedConcept = {
        code,
        display: full.value,
        designations: terms.filter((term) => term !== full).map(({ language, value }) => ({ language, value })),
        properties: Object.entries({ effectiveTime, moduleId, definitionStatusId }).map(([name, value]) => ({
          code: name,
          element: name === 'effectiveTime' ? 'valueString' : 'valueCode',
          value,
        })),
        parents: parents.map((one) => ids[one] as string),
        ancestors: ancestorsOf(place, over).map((one) => ids[one] as string),
        inactive: active !== '1',
      }
      yield { kind: 'concepts', row, concepts: [concept] }
    }
  } finally {
    for (const file of described) file.close()
  }
}

/** Fields of each line behind the heading. */
async function* fieldsOf(file: string): AsyncGenerator<string[]> {
  let isHeading = true
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (!isHeading && line !== '') yield line.split('\t')
    isHeading = false
  }
}

/** What stands right over each concept, by places. */
async function parentsOf(file: string, places: ReadonlyMap<string, number>): Promise<(place: number) => readonly number[]> {
  const parents = new Map<number, number[]>()
  for await (const [, , active, , source = '', destination = '', , type] of fieldsOf(file)) {
    if (active !== '1' || type !== IS_A) continue
    const [from, to] = [places.get(source), places.get(destination)]
    if (from === undefined || to === undefined) continue
    const known = parents.get(from)
    if (!known) parents.set(from, [to])
    else if (!known.includes(to)) known.push(to)
  }
  return (place) => parents.get(place) ?? []
}

function ancestorsOf(place: number, over: (place: number) => readonly number[]): number[] {
  const found = new Set<number>()
  const open = [...over(place)]
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (one === place || found.has(one)) continue
    found.add(one)
    open.push(...over(one))
  }
  return [...found]
}

interface Term {
  type: string
  language: string
  value: string
}

/** The active descriptions of a file by the places of their concepts: where their lines stand. */
async function descriptionsOf(
  file: string,
  places: ReadonlyMap<string, number>,
): Promise<{ termsOf(place: number): Term[]; close(): void }> {
  const lines = new Map<number, number | number[]>()
  let at = 0
  let rest = Buffer.alloc(0)
  for await (const chunk of createReadStream(file)) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk as Buffer]) : (chunk as Buffer)
    let from = 0
    for (let end = bytes.indexOf(10, from); end >= 0; end = bytes.indexOf(10, from)) {
      const [, , active, , concept = ''] = bytes.toString('utf8', from, end).split('\t', 5)
      const place = active === '1' ? places.get(concept) : undefined
      const known = place === undefined ? undefined : lines.get(place)
      if (place !== undefined) lines.set(place, known === undefined ? at + from : [known, at + from].flat())
      from = end + 1
    }
    rest = Buffer.from(bytes.subarray(from))
    at += from
  }
  const handle = openSync(file, 'r')
  const buffer = Buffer.alloc(LINE_BYTES_MAX)
  const termAt = (offset: number): Term => {
    const read = readSync(handle, buffer, 0, LINE_BYTES_MAX, offset)
    const end = buffer.subarray(0, read).indexOf(10)
    const line = buffer.toString('utf8', 0, end < 0 ? read : end).replace(/\r$/, '')
    const [, , , , , language = '', type = '', value = ''] = line.split('\t')
    return { type, language, value }
  }
  return {
    termsOf: (place) => [lines.get(place) ?? []].flat().map(termAt),
    close: () => closeSync(handle),
  }
}
