/** What mapping tests share: a context over the shipped terminology, and decoding a payload into records. */
import { readFileSync } from 'node:fs'
import type {
  MappedRecord,
  MappedResource,
  MappingContext,
  RejectedRecord,
  SourceKind,
  SourceMapping,
} from '../../mappings/engine/types.ts'
import { isZip } from '../../mappings/parsers/zip.ts'
import { serialise } from '../../mappings/engine/serialise.ts'
import { table } from '../../mappings/engine/values/table.ts'
import { createTerminology } from '../../server/terminology-service/terminology.ts'

const terminology = createTerminology()

/** Institution codes of the sample hospital, as ingest's configuration would know them. */
const CODES: Record<string, string> = table({ '0001': 'H1', H11010500001: 'H1', '12110000000000001N': 'H1' })

export function context(kind: SourceKind, organization = kind === 'miis' ? 'MIA' : 'HA'): MappingContext {
  return {
    source: { id: `${kind}-source`, kind, organization },
    timezone: 'Asia/Shanghai',
    organization: (code) => (code === undefined ? organization : (CODES[code] ?? `${organization}~${code}`)),
    translate: (map, code) => terminology.translate(map, code),
  }
}

export const sample = (path: string): Buffer => readFileSync(new URL(`../fixtures/samples/${path}`, import.meta.url))

export const isRejected = (record: MappedRecord | RejectedRecord): record is RejectedRecord => 'reason' in record

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

export interface Read {
  mapped: MappedRecord[]
  rejected: RejectedRecord[]
}

export async function readAll(
  mapping: SourceMapping,
  payload: Uint8Array | string,
  options: { charset?: string; fileName?: string; context?: MappingContext } = {},
): Promise<Read> {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
  const { charset = 'auto', fileName } = options
  const read: Read = { mapped: [], rejected: [] }
  const how = { charset, ...(fileName !== undefined && { fileName }) }
  const isTogether = mapping.decodeArchive !== undefined && isZip(bytes)
  const records = isTogether ? mapping.decodeArchive?.(() => whole(bytes), how) : mapping.decode(whole(bytes), how)
  for await (const decoded of records ?? []) {
    if (!decoded.ok) read.rejected.push(decoded.rejected)
    else {
      const record = mapping.map(decoded.record, decoded.recordType, decoded.at, options.context ?? context(mapping.kind))
      if (isRejected(record)) read.rejected.push(record)
      else read.mapped.push(record)
    }
  }
  return read
}

/** A resource as it is stored, with plain numbers. */
export const plain = (mapped: MappedResource | undefined): Record<string, unknown> =>
  mapped ? (JSON.parse(serialise(mapped.resource)) as Record<string, unknown>) : {}

export const ofType = (record: MappedRecord | undefined, type: string): MappedResource[] =>
  (record?.resources ?? []).filter((each) => each.resource.resourceType === type)

/** Rules that hold for every mapped record: keys unique, decimals and references well formed, meta.source there. */
export function brokenRules(record: MappedRecord): string[] {
  const broken: string[] = []
  const keys = record.resources.map((each) => JSON.stringify(each.key))
  if (new Set(keys).size !== keys.length) broken.push('a key twice')
  for (const { key, resource, statedAt } of record.resources) {
    if (key !== 'patient' && key.type !== resource.resourceType) broken.push(`${key.type} is a ${resource.resourceType}`)
    if (key !== 'patient' && key.parts.some((part) => part === '')) broken.push(`${key.type}: empty key part`)
    if (!resource.meta?.source?.startsWith('https://fhir-cn.example/source/')) broken.push(`${resource.resourceType}: meta.source`)
    if (new Date(statedAt).toISOString() !== statedAt) broken.push(`${resource.resourceType}: statedAt`)
    const text = serialise(resource).replaceAll('"parts":[]', '')
    if (/":(null|\[\]|\{\}|"")/.test(text) || text.includes('null,')) broken.push(`${resource.resourceType}: empty element`)
  }
  return broken
}
