/** What is said of one cause. */
export interface IssueDefinition {
  status: number
  /** http://hl7.org/fhir/issue-type */
  type: string
  zh: string
  en: string
}

export const issue = (status: number, type: string, zh: string, en: string): IssueDefinition => ({ status, type, zh, en })
