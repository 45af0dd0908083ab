/** 2206, outpatient pre-settlement: a question, no fact. Nothing is stored but the receipt. */
import type { Transaction } from '../transaction.ts'

export const outpatientPreSettlement: Transaction = { infno: '2206', nothingToStore: true, fill: () => {} }
