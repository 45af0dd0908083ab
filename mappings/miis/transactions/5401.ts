/**
 * 5401 and 5402, mutual recognition of examinations: which reports of a person there are, and one of them. They are questions: nothing is
 * stored, and what is answered is what the asker may see, as in every search (server/recognition).
 */
import { NATIONAL } from '../../../server/fhir/canonical.ts'
import { node, text } from '../envelope.ts'
import { foundReports, reportDetails } from '../recognition.ts'
import type { Transaction } from '../transaction.ts'

export const recognition = (infno: '5401' | '5402'): Transaction => {
  const name = infno === '5401' ? 'bilgiteminfo' : 'rptdetailinfo'
  const required = infno === '5401' ? ['psn_no'] : ['psn_no', 'rpotc_no', 'fixmedins_code']
  return {
    infno,
    nothingToStore: true,
    fill: () => {},
    check: (request) => {
      const missing = required.find((field) => text(node(request, 'input', name), field) === undefined)
      return missing === undefined ? undefined : `input.${name}.${missing}`
    },
    question: (request) => {
      const asked = node(request, 'input', name)
      const psnNo = text(asked, 'psn_no')
      if (psnNo === undefined) return undefined
      const person = { system: NATIONAL.psnNo, value: psnNo }
      if (infno === '5401') {
        const [code, named, institution] = [text(asked, 'exam_item_code'), text(asked, 'exam_item_name'), text(asked, 'exam_org_code')]
        return {
          person,
          item: { ...(code && { code }), ...(named && { name: named }) },
          ...(institution !== undefined && { institution }),
          answer: (found, institutions) => foundReports(psnNo, found, institutions, institution),
        }
      }
      const [number, institution] = [text(asked, 'rpotc_no'), text(asked, 'fixmedins_code')]
      if (number === undefined || institution === undefined) return undefined
      return { person, report: { number, institution }, answer: (found) => reportDetails(psnNo, number, found) }
    },
  }
}
