/** A row of the table, and whose it is. */
export interface Page {
  values: Readonly<Record<string, string>>
  /** 病案号 */
  mrn: string
  visitNo: string
  statedAt: string
  /** it does not say when it was written: what it alone says was said when it came */
  onArrival: true | undefined
  /** the page is taken back; the stay itself is not */
  isWithdrawn: boolean
}
