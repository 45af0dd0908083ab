/** CodeSystem/$validate-code and ValueSet/$validate-code: whether a code is right, and what is to be said about it. */
import type { FhirCoding } from '../fhir/types.ts'
import { type CodeSystem, type Concept, displayOf, isWhole } from './code-system.ts'
import { type Evaluation, inSet } from './content.ts'
import { systemWith } from './library.ts'
import type { ValueSetResource } from './resources.ts'

export interface CheckOptions {
  /** false: a concept that is not for use itself is wrong */
  abstract?: boolean
  displayLanguage?: string
}

export interface Verdict {
  result: boolean
  /** Chinese and English; of a right code a hint */
  message?: string
  display?: string
}

const MESSAGES = {
  noSystem: ['编码没有指明代码系统', 'The coding names no code system'],
  noCode: ['编码没有代码', 'The coding has no code'],
  systemUnknown: ['本服务器上没有此代码系统（或此版本）', 'The code system, or this version of it, is not known here'],
  codeUnknown: ['代码系统中没有此代码', 'The code system does not have the code'],
  fragment: [
    '本服务器只有此代码系统的一部分，其中没有此代码：无法判断',
    'Only a part of the code system is here, and the code is not in it: it cannot be judged',
  ],
  abstract: ['此代码是抽象的，不可直接使用', 'The code is abstract: it is not to be used itself'],
  inactive: ['此代码已停用', 'The code is not active any more'],
  display: ['显示名不正确', 'The display is not one of the code'],
  notInSet: ['代码不在值集内', 'The code is not in the value set'],
  otherSystem: ['编码属于另一个代码系统', 'The coding is of another code system'],
  empty: ['没有编码', 'There is no coding'],
} as const

const told = (...keys: (keyof typeof MESSAGES)[]): { message?: string } => {
  const messages = [...new Set(keys)].map((key) => MESSAGES[key])
  if (messages.length === 0) return {}
  return { message: `${messages.map(([zh]) => zh).join('；')} / ${messages.map(([, en]) => en).join('; ')}` }
}

const wrong = (...keys: (keyof typeof MESSAGES)[]): Verdict => ({ result: false, ...told(...keys) })

/** Against a system that is given, or the one that the coding names. */
export async function checkInSystem(run: Evaluation, coding: FhirCoding, options: CheckOptions, given?: CodeSystem): Promise<Verdict> {
  if (coding.code === undefined) return wrong('noCode')
  if (given && coding.system !== undefined && coding.system !== given.url) return wrong('otherSystem')
  if (given) return judged(given, await given.lookup(coding.code), coding, options)
  if (coding.system === undefined) return wrong('noSystem')
  const found = await systemWith(run.library, namedBy(coding, coding.system, coding.code))
  if (!found) return wrong('systemUnknown')
  return judged(found.system, found.concept, coding, options)
}

const namedBy = ({ version }: FhirCoding, system: string, code: string) => ({ system, code, ...(version === undefined ? {} : { version }) })

function judged(system: CodeSystem, concept: Concept | undefined, coding: FhirCoding, options: CheckOptions): Verdict {
  if (!concept) return isWhole(system) ? wrong('codeUnknown') : { result: true, ...told('fragment') }
  const shown = displayOf(concept, options.displayLanguage)
  const display = shown === undefined ? {} : { display: shown }
  if (options.abstract === false && concept.abstract) return { ...wrong('abstract'), ...display }
  if (coding.display !== undefined && !isDisplayOf(concept, coding.display)) return { ...wrong('display'), ...display }
  return { result: true, ...(concept.inactive ? told('inactive') : {}), ...display }
}

/** In whatever language or use; case and white space do not matter. */
function isDisplayOf(concept: Pick<Concept, 'display' | 'designations'>, display: string): boolean {
  const plain = (text: string) => text.trim().replace(/\s+/g, ' ').toLowerCase()
  const known = [concept.display, ...concept.designations.map(({ value }) => value)].flatMap((one) =>
    one === undefined ? [] : [plain(one)],
  )
  return known.length === 0 || known.includes(plain(display))
}

/** @throws OutcomeError: the value set cannot be evaluated */
export async function checkInSet(set: ValueSetResource, run: Evaluation, coding: FhirCoding, options: CheckOptions): Promise<Verdict> {
  const { system, code, version } = coding
  if (code === undefined) return wrong('noCode')
  if (system === undefined) return wrong('noSystem')
  const member = await inSet(set, { system, code, ...(version === undefined ? {} : { version }) }, run)
  const found = await systemWith(run.library, namedBy(coding, system, code))
  const own = ownDisplay(set, system, code)
  const concept =
    found?.concept && own !== undefined ? { ...found.concept, designations: [...found.concept.designations, own] } : found?.concept
  if (member === 'no') return { ...wrong('notInSet'), ...shownOf(concept, options) }
  if (found) {
    // What a value set lists by itself is in it, whatever is known of the system.
    if (!concept && member === 'yes') return { result: true, ...(own === undefined ? {} : { display: own.value }) }
    return judged(found.system, concept, coding, options)
  }
  if (member === 'yes') return listedOnly(coding, own?.value)
  return wrong('systemUnknown')
}

function shownOf(concept: Concept | undefined, { displayLanguage }: CheckOptions): { display?: string } {
  const shown = concept && displayOf(concept, displayLanguage)
  return shown === undefined ? {} : { display: shown }
}

function listedOnly({ display }: FhirCoding, own: string | undefined): Verdict {
  const shown = own === undefined ? {} : { display: own }
  if (display !== undefined && own !== undefined && !isDisplayOf({ display: own, designations: [] }, display))
    return { ...wrong('display'), ...shown }
  return { result: true, ...shown }
}

/** The display that the value set itself gives to a code that it lists. */
function ownDisplay(set: ValueSetResource, system: string, code: string): { value: string } | undefined {
  for (const part of set.compose?.include ?? []) {
    const listed = part.system === system ? part.concept?.find((one) => one.code === code) : undefined
    if (listed?.display !== undefined) return { value: listed.display }
  }
  return undefined
}

/** One of the codings is right; what is wrong with the others is said. */
export async function checkAny(codings: readonly FhirCoding[], check: (coding: FhirCoding) => Promise<Verdict>): Promise<Verdict> {
  if (codings.length === 0) return wrong('empty')
  const verdicts = await Promise.all(codings.map(check))
  const right = verdicts.find(({ result }) => result)
  const messages = [...new Set(verdicts.flatMap(({ result, message }) => (right && !result ? [] : (message ?? []))))]
  const shown = (right ?? verdicts[0])?.display
  return {
    result: right !== undefined,
    ...(messages.length > 0 ? { message: messages.join('\n') } : {}),
    ...(shown === undefined ? {} : { display: shown }),
  }
}
