/** Queries that are answered with one of each: the latest of a group of matches, the sets of keys that a type has. */
import type { PlanNode } from '../search/plan.ts'

/** Of the matches of a plan the latest of each group of equal keys. */
export interface LatestQuery {
  type: string
  plan: PlanNode
  /** the token keys that begin so, all of them together, are what a group has in common; a match without one is a group of its own */
  start: string
  /** of each group: so many by their main date, and those that are as old as the last of them */
  count: number
  /** rows in all */
  most: number
}

/** Which keys that begin with one of `starts` the resources of a type have, each set of them once. */
export interface KeySetsQuery {
  type: string
  starts: readonly string[]
  /** sets in all */
  most: number
}
