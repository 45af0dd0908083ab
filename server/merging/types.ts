/** Joining two Patients, and undoing it, as the operations see it. */
import type { Regroup } from '../access/regrouping.ts'
import type { SideWrite, Stored } from '../store/types.ts'

/** What would be done, worked out from what stands. */
export interface MergePlan {
  source: Stored
  target: Stored
  regroup: Regroup
  /** texts of both Patients as they will be */
  texts: { source: string; target: string }
  /** rows that are committed with them */
  side: SideWrite[]
  /** row of the job that does what follows */
  job: string
}

export interface Merging {
  /** `dry`: to be looked at only. @throws OutcomeError merge-… */
  join(source: string, target: string, dry: boolean): Promise<MergePlan>
  /** `target` absent: whichever replaced it. @throws OutcomeError merge-… */
  part(source: string, target: string | undefined): Promise<MergePlan>
  /** Ids of Patients that have all of these identifiers, two at most. */
  named(identifiers: readonly { system?: string; value: string }[]): Promise<string[]>
  /** The current version. */
  current(id: string): Promise<Stored | undefined>
  /** After the commit; goes on behind the answer where it takes long. */
  follow(plan: MergePlan): Promise<void>
  stop(): Promise<void>
}
