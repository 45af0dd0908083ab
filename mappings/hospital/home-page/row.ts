/** A row of the table, and whose it is. */
export interface Page {
  values: Readonly<Record<string, string>>
  /** 病案号 */
  mrn: string
  visitNo: string
  statedAt: string
  /** the page is taken back; the stay itself is not */
  isWithdrawn: boolean
}
