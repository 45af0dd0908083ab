/**
 * 9001 and 9002, signing in and out. Who may send is decided by the token of the request; the number that the interface wants is
 * given all the same, and is the payload's own: the same sign-in again is answered with the same number. Nothing is stored.
 */
import { node, text } from '../envelope.ts'
import { miisTime } from '../miis-time.ts'
import type { Transaction } from '../transaction.ts'

const SIGN_NO_CHARACTERS = 30

export const signing = (infno: '9001' | '9002'): Transaction => ({
  infno,
  nothingToStore: true,
  fill: () => {},
  check: (request) => {
    const [name, field] = infno === '9001' ? ['signIn', 'opter_no'] : ['signOut', 'sign_no']
    return text(node(request, 'input', name ?? ''), field ?? '') === undefined ? `input.${name}.${field}` : undefined
  },
  reply: ({ receiptId, receivedAt }) => {
    const sign_time = miisTime(receivedAt)
    return infno === '9001'
      ? { signinoutb: { sign_time, sign_no: receiptId.slice(0, SIGN_NO_CHARACTERS) } }
      : { signoutoutb: { sign_time } }
  },
})
