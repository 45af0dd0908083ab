/** What the decision function answers. */
export type Obligation =
  | 'minimum-necessary'
  | 'no-reidentify'
  | 'audit-btg'
  | 'notify-patient'
  | 'review'
  | 'request-consent'
  | 'withhold-part'

export interface Verdict {
  decision: 'permit' | 'deny'
  reason: string
  obligations: readonly Obligation[]
}
