/** What is stored of codes beside the definitions that come with the server, as the validator asks for it: without waiting. */

/**
 * `doubtful`: a part of the code's system is known, and the code is not in it. `unchecked`: the value set cannot be evaluated.
 * `open`: nobody here knows the code's system, or the set.
 */
export type CodeAnswer = 'in' | 'out' | 'doubtful' | 'unchecked' | 'open'

/** A code as it stands in an element; one of type `code` has no system. */
export interface AskedCode {
  code: string
  system?: string
  version?: string
}

export interface StoredCodes {
  /**
   * Whether the value set (or code system) has the code; without a system, whether it has the code in any.
   * undefined: nothing that is stored belongs to it, or that is not known yet; then `settle` finds it out.
   */
  answer(canonical: string, asked: AskedCode): CodeAnswer | undefined
  /**
   * Finds what was asked for since the last call and not known.
   * @returns whether something stored belongs to it, so that it is worth asking again
   * @throws OutcomeError unavailable
   */
  settle(): Promise<boolean>
  /** looks whether something stored was changed. @throws OutcomeError unavailable */
  refresh(): Promise<void>
  /** another one whenever what is known here may answer otherwise than before */
  readonly state: object
}

/** What comes with the server is all there is. */
export const NONE_STORED: StoredCodes = {
  answer: () => undefined,
  settle: async () => false,
  refresh: async () => undefined,
  state: {},
}
