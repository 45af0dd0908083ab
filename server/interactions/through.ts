/** Resources on which an answer rests without showing them: what the links of a search (chains, `_has`) led to. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Met } from '../store/types.ts'

/**
 * A link that leads to more persons tells of none of them. More than one criterion can name (`OR_VALUES_MAX`), so that
 * nobody is hidden from his account of uses among others that were named beside him.
 */
const TOLD_PERSONS_MAX = 300

/** Resources that one entry's lists name. */
const TOLD_MAX = 1000

/**
 * Of those, what an answer tells of: that something is found, or is not, says something about them. Each link by itself: one
 * that leads to very many hides nobody to whom another one leads.
 * @throws OutcomeError too-costly: several links together lead to more persons than can be told
 */
export function told(through: readonly (readonly Met[])[]): readonly Met[] {
  const about = through.flatMap(ofOneLink)
  const persons = personsOf(about)
  if (persons.size > TOLD_MAX) throw new OutcomeError('too-costly')
  if (about.length <= TOLD_MAX) return about
  // One for each person, whatever stands before it.
  const firsts = [...persons].flatMap((person) => about.find(({ acc }) => acc.p.includes(person)) ?? [])
  return [...new Set([...firsts, ...about])].slice(0, TOLD_MAX)
}

const personsOf = (about: readonly Met[]): Set<string> => new Set(about.flatMap(({ acc }) => acc.p))

function ofOneLink(met: readonly Met[]): readonly Met[] {
  const about = met.filter(({ acc }) => acc.p.length > 0)
  return personsOf(about).size > TOLD_PERSONS_MAX ? [] : about
}
