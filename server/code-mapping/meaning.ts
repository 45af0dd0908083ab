/** What somebody proposes that a code means, as it is sent. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { paramError } from '../search/parse/names.ts'
import { isWhole } from '../terminology-service/code-system.ts'
import { type Library, systemWith } from '../terminology-service/library.ts'
import type { TerminologyTables } from '../terminology-service/tables.ts'
import { MAPPING_BOUNDS } from './bounds.ts'
import { targetSystems } from './suggestions.ts'
import { EQUIVALENCES, type Equivalence, type Meaning } from './tables.ts'

/** R4 datatypes.html#code: no space at either end, none doubled; control characters are in no code either. */
const CODE = /^[^\s\p{Cc}]+(?: [^\s\p{Cc}]+)*$/u
const URI = /^(?:https?:|urn:)\S{1,500}$/
const CODE_CHARACTERS_MAX = 200
/** R4 conceptmap.html, cmd-1: these say in a comment how they differ. */
const COMMENTED: ReadonlySet<Equivalence> = new Set(['narrower', 'inexact'])
const UNTARGETED: ReadonlySet<Equivalence> = new Set(['unmatched'])

export interface MeaningDeps {
  library(): Library
  tables(): TerminologyTables
}

export type Sent = Readonly<Record<string, unknown>>

/** A member that is text, without spaces at its ends; undefined where it is not there. @throws OutcomeError parameter-invalid */
export function textIn(sent: Sent, name: string, max: number = CODE_CHARACTERS_MAX): string | undefined {
  const value = sent[name]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string' || value.length > max) throw paramError('parameter-invalid', name)
  return value.trim() === '' ? undefined : value.trim()
}

export const commentIn = (sent: Sent): string | undefined => textIn(sent, 'comment', MAPPING_BOUNDS.commentCharactersMax)

/** @throws OutcomeError parameter-missing, parameter-invalid, mapping-target, mapping-source-code */
export async function meaningIn(deps: MeaningDeps, sent: Sent, row: { map: string; system: string; code: string }): Promise<Meaning> {
  if (!CODE.test(row.code)) throw new OutcomeError('mapping-source-code')
  const equivalence = textIn(sent, 'equivalence')
  if (equivalence === undefined) throw paramError('parameter-missing', 'equivalence')
  if (!isEquivalence(equivalence)) throw paramError('parameter-invalid', 'equivalence')
  const comment = commentIn(sent)
  if (COMMENTED.has(equivalence) && comment === undefined) throw paramError('parameter-missing', 'comment')
  const said = { equivalence, ...(comment ? { comment } : {}) }
  if (UNTARGETED.has(equivalence)) return said
  const [system, code, display] = [textIn(sent, 'system', 500), textIn(sent, 'code'), textIn(sent, 'display')]
  if (system === undefined) throw paramError('parameter-missing', 'system')
  if (code === undefined) throw paramError('parameter-missing', 'code')
  if (!URI.test(system) || !CODE.test(code) || (system === row.system && code === row.code))
    throw new OutcomeError('mapping-target', { expression: ['code'] })
  return { target: { system, code, ...(await named(deps, row.map, system, code, display)) }, ...said }
}

const isEquivalence = (text: string): text is Equivalence => (EQUIVALENCES as readonly string[]).includes(text)

/**
 * The display that the system itself gives, else the one that was sent. A map that has a table of ours fills elements with required
 * codes: its targets are of that table's systems.
 */
async function named(
  deps: MeaningDeps,
  map: string,
  system: string,
  code: string,
  display: string | undefined,
): Promise<{ display?: string }> {
  const table = deps.tables().maps.find(({ id }) => id === map)
  if (table && !targetSystems(deps.tables(), map).includes(system)) throw new OutcomeError('mapping-target', { expression: ['system'] })
  const found = await systemWith(deps.library(), { system, code })
  if (found && !found.concept && isWhole(found.system)) throw new OutcomeError('mapping-target', { expression: ['code'] })
  const known = found?.concept?.display ?? display
  return known ? { display: known } : {}
}
