/** The parameters of text searches (R4 search.html 3.1.1.4.2), for every type: what has no narrative is found by none of it. */
import type { SearchParameter } from '../types.ts'
import { CONTENT, NARRATIVE } from './index-text.ts'

/** Made by the server itself, one for every use: it has no text. */
const WITHOUT_TEXT: ReadonlySet<string> = new Set(['AuditEvent'])

interface TextParameter {
  definition: SearchParameter
  /** where the words stand that it looks for */
  places: readonly string[]
}

const parameter = (code: string, id: string, places: readonly string[]): TextParameter => ({
  definition: { code, type: 'string', expression: '', url: `http://hl7.org/fhir/SearchParameter/${id}`, base: ['Resource'] },
  places,
})

const PARAMETERS: readonly TextParameter[] = [
  parameter('_text', 'DomainResource-text', [NARRATIVE]),
  parameter('_content', 'Resource-content', [NARRATIVE, CONTENT]),
]

export const textParameters = (type: string): readonly TextParameter[] => (WITHOUT_TEXT.has(type) ? [] : PARAMETERS)
