/** Asked between steps of long work: false when there is no more time, or the process stops. `documents`: of the next step. */
export type MayGoOn = (documents?: number) => boolean
