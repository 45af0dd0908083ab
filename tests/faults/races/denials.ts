/** When which asker may see nothing of a person: from the acknowledgement of a take-away to the moment a grant is sent again. */

export type Audience = 'researcher' | 'insurer' | 'clinician'

interface Interval {
  from: number
  to: number
}

export interface Denials {
  /** acknowledged at `at`; until the next grant nothing may be seen */
  taken(person: number, audience: Audience, at: number): void
  /** a grant is about to be sent */
  granting(person: number, audience: Audience, at: number): void
  /** whether a request that ran from `start` to `end` must not have shown the person */
  mustBeHidden(person: number, audience: Audience, start: number, end: number): boolean
}

export function createDenials(): Denials {
  const intervals = new Map<string, Interval[]>()
  const of = (person: number, audience: Audience): Interval[] => {
    const key = `${audience}|${person}`
    const known = intervals.get(key) ?? []
    intervals.set(key, known)
    return known
  }
  return {
    taken(person, audience, at) {
      of(person, audience).push({ from: at, to: Number.POSITIVE_INFINITY })
    },
    granting(person, audience, at) {
      const last = of(person, audience).at(-1)
      if (last && last.to === Number.POSITIVE_INFINITY) last.to = at
    },
    mustBeHidden: (person, audience, start, end) => of(person, audience).some(({ from, to }) => from < start && end <= to),
  }
}
