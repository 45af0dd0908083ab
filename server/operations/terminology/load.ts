/**
 * $terminology-load (ours; R4 knows none): a file of a format of docs/terminology.md becomes a code system that everybody may ask for, in the
 * background. For operators. The status is asked for at the address that the answer names.
 */
import { allows } from '../../auth/scopes.ts'
import { isId } from '../../fhir/ids.ts'
import { jsonAnswer } from '../../interactions/answers.ts'
import { audited } from '../../interactions/audited.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { paramError } from '../../search/parse/names.ts'
import { formatNamed } from '../../terminology-kept/formats.ts'
import { type LoadAsked, type LoadJob, unpackedWithin } from '../../terminology-kept/jobs.ts'
import { BAD_ROWS_MAX } from '../../terminology-kept/limits.ts'
import type { LoadDoc } from '../../terminology-kept/tables.ts'
import { type InParameter, oneText } from '../in-parameters.ts'
import type { Operation } from '../types.ts'
import { oneObject, outText, type OutParameter, parametersAnswer, parametersOf } from './asked.ts'

const base = { on: 'system', level: 'system', definition: '' } as const
export const terminologyLoad: Operation = { ...base, code: 'terminology-load', methods: ['POST'], writes: true, run: kickOff }
export const terminologyLoadStatus: Operation = {
  ...base,
  code: 'terminology-load-status',
  behind: 1,
  methods: ['GET'],
  writes: false,
  run: status,
}

const UNDERSTOOD = ['system', 'url', 'version', 'charset', 'content', 'badRows', 'file']
const CHARSETS: ReadonlySet<string> = new Set(['auto', 'utf-8', 'gb18030'])
/** What a packed file may unpack to. */
const UNPACKED_BYTES_MAX = 256 * 1024 * 1024
/** What is no character of base64, and what stands behind the first of its filling: each looked for alone, however long the text is. */
const NOT_IN_BASE64 = /[^A-Za-z0-9+/=\s]/
const BEHIND_END = /=(?!=?\s*$)/
const RETRY_SECONDS = '1'

/** It is there for everybody then. @throws OutcomeError forbidden, not-permitted */
function requireOperator({ actor }: FhirRequest): void {
  if (!allows(actor, 'CodeSystem', 'u')) throw new OutcomeError('forbidden')
  if (actor.party !== 'operator' && !actor.unrestricted) throw new OutcomeError('not-permitted')
}

async function kickOff(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  requireOperator(request)
  const asked = await askedOf(parametersOf(request, UNDERSTOOD))
  const query: [string, string][] = [
    ['system', asked.format],
    ['url', asked.url],
    ['version', asked.version],
  ]
  await audited(deps, request, {
    interaction: 'terminology-load',
    action: 'E',
    type: 'CodeSystem',
    query,
    found: [],
    seen: { reason: 'maintenance' },
  })
  const job = await deps.loads.begin(asked)
  const headers = { 'Content-Location': `${deps.baseUrl}/$terminology-load-status/${job._id}`, 'Retry-After': RETRY_SECONDS }
  return { status: 202, headers }
}

/** @throws OutcomeError parameter-missing, parameter-invalid */
async function askedOf(parameters: readonly InParameter[]): Promise<LoadAsked> {
  const format = formatNamed(needed(oneText(parameters, 'system'), 'system'))
  // A folder is no file.
  if (!format || format.required.length === 0) throw paramError('parameter-invalid', 'system')
  const charset = oneText(parameters, 'charset') ?? 'auto'
  if (!CHARSETS.has(charset)) throw paramError('parameter-invalid', 'charset')
  const content = oneText(parameters, 'content') ?? 'complete'
  if (content !== 'complete' && content !== 'fragment') throw paramError('parameter-invalid', 'content')
  const badRows = oneText(parameters, 'badRows') ?? String(BAD_ROWS_MAX)
  if (!/^\d{1,7}$/.test(badRows)) throw paramError('parameter-invalid', 'badRows')
  const url = oneText(parameters, 'url') ?? format.url
  if (!/^(?:urn:|https?:\/\/)[^\s|]+$/.test(url)) throw paramError('parameter-invalid', 'url')
  return {
    format: format.id,
    url,
    version: needed(oneText(parameters, 'version') ?? format.version, 'version'),
    charset,
    content,
    badMax: Number(badRows),
    file: await fileOf(parameters),
  }
}

function needed(value: string | undefined, name: string): string {
  if (value === undefined) throw paramError('parameter-missing', name)
  return value
}

/** @throws OutcomeError parameter-missing, parameter-invalid */
async function fileOf(parameters: readonly InParameter[]): Promise<Buffer> {
  const { data } = oneObject(parameters, 'file') ?? {}
  if (data === undefined) throw paramError('parameter-missing', 'file')
  if (typeof data !== 'string' || data === '' || NOT_IN_BASE64.test(data) || BEHIND_END.test(data))
    throw paramError('parameter-invalid', 'file')
  try {
    return await unpackedWithin(Buffer.from(data, 'base64'), UNPACKED_BYTES_MAX)
  } catch {
    throw paramError('parameter-invalid', 'file')
  }
}

async function status(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  requireOperator(request)
  const id = request.segments[1] ?? ''
  const found = isId(id) ? await deps.loads.job(id) : undefined
  if (!found) throw new OutcomeError('not-found')
  const { job, load } = found
  if (job.status !== 'accepted') return jsonAnswer(200, parametersAnswer(factsOf(job, load)))
  const progress = `${load?.checkpoint.row ?? 0} rows, ${load?.checkpoint.n ?? 0} codes`
  return { status: 202, headers: { 'X-Progress': progress, 'Retry-After': RETRY_SECONDS } }
}

function factsOf({ status: code, url, version, started, ended }: LoadJob, load: LoadDoc | undefined): OutParameter[] {
  return [
    { name: 'status', valueCode: code },
    { name: 'url', valueUri: url },
    { name: 'version', valueString: version },
    ...outText('problem', 'valueString', load?.problem),
    { name: 'codes', valueInteger: load?.checkpoint.n ?? 0 },
    { name: 'badRows', valueInteger: load?.checkpoint.bad ?? 0 },
    ...(load?.badRows ?? []).map(({ row, problem }) => ({
      name: 'badRow',
      part: [
        { name: 'row', valueInteger: row },
        { name: 'problem', valueCode: problem },
      ],
    })),
    { name: 'started', valueInstant: started.toISOString() },
    ...(ended ? [{ name: 'ended', valueInstant: ended.toISOString() }] : []),
  ]
}
