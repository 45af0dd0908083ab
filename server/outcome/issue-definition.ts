/** What the tables of causes say of each. */
export interface IssueDefinition {
  status: number
  /** http://hl7.org/fhir/issue-type */
  type: string
  zh: string
  en: string
}
